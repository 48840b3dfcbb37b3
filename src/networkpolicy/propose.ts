import type { ApiServer } from './apiServer.js';
import { exposureOf } from './exposure.js';
import type { NetworkPolicy, Proposal, Proposals } from './policy.js';
import { egressFor, ingressFor } from './rules.js';
import type { Inventory, Workload } from './workloads.js';

/** NetworkPolicies for all workloads: each namespace denies by default, and each workload opens what it needs. */
export function propose({ workloads, objects }: Inventory, apiServer: ApiServer): Proposals {
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
  const names = new Names();
  const proposals: Proposal[] = [];
  for (const namespace of namespaces) {
    proposals.push(denyAll(namespace, names));
    for (const workload of workloads) {
      const own =
        workload.namespace === namespace ? forWorkload(workload, objects, apiServer, names) : undefined;
      if (own !== undefined) proposals.push(own);
    }
  }
  return { remarks: [...general, aboutApiServer(apiServer), ...workloads.flatMap(remarkOn)], proposals };
}

const general = [
  'For review by a person: podtemper prints these and never applies them. First read each rule and narrow it to what the ' +
    'workload calls; then apply to one namespace and watch it. A network plugin has to enforce NetworkPolicies, or they ' +
    'are only text.',
  'Calls to pods of other namespaces need rules of their own: with some plugins (Cilium) an ipBlock does not take in pods.',
];

function aboutApiServer({ blocks, source }: ApiServer): string {
  if (blocks.length > 0) return `The API server is at ${blocks.join(', ')} (${source}).`;
  return (
    'The addresses of the API server are not known: all private addresses are left out instead, so that databases and ' +
    'services there need rules of their own. Give them by --api-server, as kubectl get endpointslices -n default -l ' +
    'kubernetes.io/service-name=kubernetes prints them.'
  );
}

/** What no policy can be made for. */
function remarkOn(workload: Workload): string[] {
  const { kind, name, hostNetwork, selector } = workload;
  if (hostNetwork)
    return [`${kind} ${name} is on the network of its node, where no NetworkPolicy holds: it has none.`];
  if (selector !== undefined) return [];
  return [
    `${kind} ${name} has no labels in its template that could select its pods: only the default holds for it.`,
  ];
}

function denyAll(namespace: string, names: Names): Proposal {
  return {
    policy: policyOf(names.of(namespace, 'default-deny', ''), namespace, { podSelector: {} }),
    reason: 'Every pod of the namespace: nothing in, nothing out, but what other policies open.',
    ingressReasons: [],
    egressReasons: [],
  };
}

function forWorkload(
  workload: Workload,
  objects: Inventory['objects'],
  apiServer: ApiServer,
  names: Names,
): Proposal | undefined {
  const { kind, name, namespace, selector, serviceAccount, hostNetwork } = workload;
  if (selector === undefined || hostNetwork) return undefined;
  const ingress = ingressFor(workload, exposureOf(workload, objects));
  const egress = egressFor(workload, apiServer);
  const spec = {
    podSelector: selector,
    ingress: ingress.map(({ rule }) => rule),
    egress: egress.map(({ rule }) => rule),
  };
  const closed = ingress.length === 0 ? ' It declares no port, so that nothing reaches it.' : '';
  const unmet =
    serviceAccount !== undefined && apiServer.blocks.length === 0
      ? ` It names the service account ${serviceAccount}: with --api-server there is a rule that lets it reach the API server.`
      : '';
  return {
    policy: policyOf(names.of(namespace, name, kind), namespace, spec),
    reason: `${kind} ${name}.${closed}${unmet}`,
    ingressReasons: ingress.map(({ reason }) => reason),
    egressReasons: egress.map(({ reason }) => reason),
  };
}

function policyOf(
  name: string,
  namespace: string,
  { podSelector, ...rules }: Pick<NetworkPolicy['spec'], 'podSelector' | 'ingress' | 'egress'>,
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, ...(namespace !== '' && { namespace }) },
    spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ...rules },
  };
}

/** Names that are free in their namespace: `web`, and `web-statefulset` for another `web`. */
class Names {
  readonly #taken = new Set<string>();

  of(namespace: string, wanted: string, kind: string): string {
    const base = wanted.replace(/\?$/, '').replace(/[-.]+$/, '') || 'workload';
    const candidates = [base, `${base}-${kind.toLowerCase()}`];
    for (let number = 2; ; number++) {
      const name = candidates.shift() ?? `${base}-${number}`;
      if (this.#taken.has(`${namespace}/${name}`)) continue;
      this.#taken.add(`${namespace}/${name}`);
      return name;
    }
  }
}
