import { defineCheck, type Fault } from '../finding.js';
import type { Installation } from '../installation.js';
import { certificatesOf, isVouchedFor, lifeOf, spellTime } from '../pem.js';
import { valueOf } from '../reading.js';
import { bundleOf, type PlacedWebhook, webhooksOf } from '../webhooks.js';

/** Whether the API server trusts who serves. */
export const caBundle = defineCheck({
  id: 'caBundle',
  looksAt:
    'the caBundle of each webhook against the authority in the Secret and the certificate that is served',
  faults: {
    bundleEmpty: {
      severity: 'error',
      means: 'the API server trusts public authorities only, and calls nobody',
    },
    bundleUnreadable: { severity: 'error', means: 'the API server cannot use it, and calls nobody' },
    bundleExpired: { severity: 'error', means: 'the API server refuses every certificate of that authority' },
    bundleForeign: {
      severity: 'error',
      means: 'the API server refuses the certificate: "signed by unknown authority"',
    },
  },
  examine: (installation) => webhooksOf(installation).flatMap((placed) => faultsOf(placed, installation)),
});

type Code = 'bundleEmpty' | 'bundleUnreadable' | 'bundleExpired' | 'bundleForeign';

function faultsOf({ webhook, where, object }: PlacedWebhook, installation: Installation): Fault<Code>[] {
  const bundle = bundleOf(webhook);
  const secret = valueOf(installation.secret);
  const source = secret === undefined ? 'the Secret' : `Secret ${secret.where}`;
  const place = `${where}: caBundle`;
  const expected = `the authority of the serving certificate (${source})`;
  const advice =
    `replicas that make their own certificate set it right within seconds: see their log; otherwise put ca.crt of ` +
    `${source} there: kubectl edit ${object}; in the chart, tls.caBundle`;
  const fault = (code: Code, found: string) => [{ code, where: place, expected, found, advice }];
  if (bundle.trim() === '') return fault('bundleEmpty', 'nothing');
  const authorities = certificatesOf(bundle);
  if (authorities === undefined || authorities.length === 0)
    return fault('bundleUnreadable', `${bundle.length} characters that are no certificates in PEM form`);
  const alive = authorities.filter((authority) => lifeOf(authority).to > installation.now);
  if (alive.length === 0) {
    const ends = authorities.map((authority) => spellTime(lifeOf(authority).to)).join(', ');
    return fault('bundleExpired', `authorities that ended ${ends}`);
  }
  const foreign = foreignTo(alive, installation);
  return foreign === undefined ? [] : fault('bundleForeign', foreign);
}

type Certificates = NonNullable<ReturnType<typeof certificatesOf>>;

/** What the bundle does not vouch for; undefined where it vouches for all. */
function foreignTo(authorities: Certificates, { served, secret: reading }: Installation): string | undefined {
  const secret = valueOf(reading);
  const chain = readAll(valueOf(served)?.chain.join(''));
  const mounted = readAll(secret?.certificate);
  if (chain.length > 0 && !isVouchedFor(chain, authorities))
    return 'an authority that did not issue what is served';
  if (mounted.length > 0 && !isVouchedFor(mounted, authorities))
    return `an authority that did not issue tls.crt of Secret ${secret?.where}`;
  if (chain.length > 0 || mounted.length > 0) return undefined;
  // Whatever serves is of one of those that are kept; where none of them is known, it is not trusted.
  const kept = readAll(secret?.authority);
  const known = new Set(authorities.map(({ fingerprint256 }) => fingerprint256));
  const isKnown = kept.length === 0 || kept.some(({ fingerprint256 }) => known.has(fingerprint256));
  return isKnown ? undefined : `none of the authorities that Secret ${secret?.where} keeps`;
}

function readAll(pem = ''): Certificates {
  return certificatesOf(pem) ?? [];
}
