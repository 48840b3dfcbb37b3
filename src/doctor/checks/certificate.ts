import type { X509Certificate } from 'node:crypto';
import { defineCheck, type Fault } from '../finding.js';
import type { Installation } from '../installation.js';
import { certificatesOf, isRenewalOverdue, lifeOf, spellTime } from '../pem.js';
import { valueOf } from '../reading.js';
import { webhooksOf } from '../webhooks.js';

/** Whether the serving certificate is good, for the name that the API server calls, and for how long. */
export const certificate = defineCheck({
  id: 'certificate',
  looksAt: 'the serving certificate, as served and as it lies in the Secret: name, begin and end',
  faults: {
    certificateExpired: { severity: 'error', means: 'the API server refuses the certificate' },
    certificateNotYetValid: { severity: 'error', means: 'the API server refuses the certificate' },
    certificateForOthers: { severity: 'error', means: 'the API server refuses the certificate' },
    certificateEndsSoon: {
      severity: 'warning',
      means: 'nobody renews it, and then the API server refuses it',
    },
    certificateUnreadable: { severity: 'error', means: 'a replica that starts cannot serve' },
  },
  examine(installation) {
    const secret = valueOf(installation.secret);
    const served = valueOf(installation.served);
    const texts = [
      ...(served === undefined
        ? []
        : [{ where: 'the certificate that is served', pem: served.chain.join('') }]),
      ...(secret === undefined || secret.certificate === ''
        ? []
        : [{ where: `tls.crt of Secret ${secret.where}`, pem: secret.certificate }]),
    ];
    return texts.flatMap(({ where, pem }): Fault<Code>[] => {
      const [leaf] = certificatesOf(pem) ?? [];
      if (leaf !== undefined) return faultsOf(where, leaf, installation);
      const expected = 'a certificate in PEM form';
      const found = `${pem.length} characters without one`;
      return [{ code: 'certificateUnreadable', where, expected, found, advice: remedy(installation) }];
    });
  },
});

type Code =
  | 'certificateExpired'
  | 'certificateNotYetValid'
  | 'certificateForOthers'
  | 'certificateEndsSoon'
  | 'certificateUnreadable';

function faultsOf(where: string, leaf: X509Certificate, installation: Installation): Fault<Code>[] {
  const { now } = installation;
  const advice = remedy(installation);
  const { from, to } = lifeOf(leaf);
  const names = serverNamesOf(installation).filter((name) => leaf.checkHost(name) === undefined);
  const fault = (code: Code, expected: string, found: string) => ({
    code,
    where,
    expected,
    found,
    advice,
  });
  return [
    ...(to <= now ? [fault('certificateExpired', `an end after ${spellTime(now)}`, spellTime(to))] : []),
    ...(from > now
      ? [fault('certificateNotYetValid', `a begin before ${spellTime(now)}`, spellTime(from))]
      : []),
    ...(to > now && isRenewalOverdue(leaf, now)
      ? [
          fault(
            'certificateEndsSoon',
            'a certificate that is renewed in time',
            `one that ends ${spellTime(to)}`,
          ),
        ]
      : []),
    ...names.map((name) =>
      fault(
        'certificateForOthers',
        `the name ${name} among its subjectAltNames`,
        leaf.subjectAltName ?? 'none',
      ),
    ),
  ];
}

/** What the API server calls, and so demands of the certificate. */
function serverNamesOf(installation: Installation): string[] {
  const names = webhooksOf(installation).flatMap(({ webhook: { clientConfig } }) => {
    const { service, url } = clientConfig;
    if (service !== undefined) return [`${service.name}.${service.namespace}.svc`];
    const host = url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
    // An address is compared in another way, and only a process on a developer's machine has one.
    return /^[\d.:[\]]*$/.test(host) ? [] : [host];
  });
  return [...new Set(names)];
}

function remedy({ secret }: Installation): string {
  const where = valueOf(secret)?.where;
  return (
    'see the log of the replicas that make it; with cert-manager, kubectl describe certificate; otherwise put a new ' +
    `pair into ${where === undefined ? 'the Secret' : `Secret ${where}`}, which is read without a restart`
  );
}
