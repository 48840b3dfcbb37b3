import { access } from './checks/access.js';
import { authority } from './checks/authority.js';
import { caBundle } from './checks/caBundle.js';
import { calls } from './checks/calls.js';
import { certificate } from './checks/certificate.js';
import { clock } from './checks/clock.js';
import { endpoints } from './checks/endpoints.js';
import { exclusions } from './checks/exclusions.js';
import { failurePolicy } from './checks/failurePolicy.js';
import { leader } from './checks/leader.js';
import { namespaces } from './checks/namespaces.js';
import { namespaceSelector } from './checks/namespaceSelector.js';
import { policies } from './checks/policies.js';
import { readiness } from './checks/readiness.js';
import { registration } from './checks/registration.js';
import { replicas } from './checks/replicas.js';
import { secret } from './checks/secret.js';
import { service } from './checks/service.js';
import { timeouts } from './checks/timeouts.js';
import { versions } from './checks/versions.js';
import type { Check, Finding } from './finding.js';
import type { Installation } from './installation.js';
import type { Reading } from './reading.js';
import { verdictOf } from './trial.js';

/** Every check, from the API server's call to what it is made with. */
export const checks: readonly Check[] = [
  registration,
  namespaceSelector,
  failurePolicy,
  timeouts,
  service,
  endpoints,
  replicas,
  readiness,
  caBundle,
  certificate,
  secret,
  authority,
  leader,
  clock,
  access,
  versions,
  policies,
  namespaces,
  exclusions,
  calls,
];

/** What an installation was found to have. */
export interface Diagnosis {
  readonly installation: Pick<Installation, 'name' | 'namespace' | 'version'> & {
    readonly kubernetesVersion: string;
  };
  /** Errors first. */
  readonly findings: readonly Finding[];
  /** What could not be read, and so is not known to be well. */
  readonly notLookedAt: readonly { readonly what: string; readonly why: string }[];
}

/** All that is wrong with an installation. */
export function diagnose(installation: Installation): Diagnosis {
  const findings = checks.flatMap((check) => findingsOf(check, installation));
  const { name, namespace, version, kubernetesVersion } = installation;
  return {
    installation: {
      name,
      namespace,
      version,
      kubernetesVersion: kubernetesVersion.kind === 'found' ? kubernetesVersion.value : 'unknown',
    },
    findings: [
      ...findings.filter(({ severity }) => severity === 'error'),
      ...findings.filter(({ severity }) => severity === 'warning'),
    ],
    notLookedAt: Object.entries(readingsOf(installation)).flatMap(([what, reading]) =>
      reading.kind === 'unread' ? [{ what, why: reading.why }] : [],
    ),
  };
}

function findingsOf({ id, faults, examine }: Check, installation: Installation): Finding[] {
  return examine(installation).map((fault) => {
    const kind = faults[fault.code];
    if (kind === undefined) throw new RangeError(`check ${id} declares no fault ${fault.code}`);
    return Object.assign({ check: id }, fault, kind);
  });
}

/** What was to be read, as a person calls it. */
function readingsOf(installation: Installation): Readonly<Record<string, Reading<unknown>>> {
  return {
    'the Service': installation.service,
    'its endpoints': installation.endpointSlices,
    'the Deployment': installation.deployment,
    'its pods': installation.pods,
    'the Secret of the certificate': installation.secret,
    'the Lease': installation.lease,
    'the policies': installation.policies,
    'the namespaces': installation.namespaces,
    'the rights of the service account': installation.permissions,
    'what is served': installation.served,
    'a pod by dry run': verdictOf(installation),
    'the version of Kubernetes': installation.kubernetesVersion,
  };
}
