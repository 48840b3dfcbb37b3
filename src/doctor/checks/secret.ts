import { certificateOriginOf } from '../deployed.js';
import { defineCheck } from '../finding.js';
import { certificatesOf } from '../pem.js';
import { valueOf } from '../reading.js';

/** Whether the Secret holds what the replicas start from. */
export const secret = defineCheck({
  id: 'secret',
  looksAt: 'the Secret of the certificate, or of the authority that the replicas share',
  faults: {
    secretMissing: { severity: 'error', means: 'replicas that start have no certificate' },
    secretUnusable: { severity: 'error', means: 'replicas that start have no certificate' },
  },
  examine({ namespace, deployment: reading, secret: secretReading }) {
    const deployment = valueOf(reading);
    const origin = deployment === undefined ? undefined : certificateOriginOf(deployment);
    if (origin === undefined || origin.kind === 'unknown' || secretReading.kind === 'unread') return [];
    const where = `Secret ${origin.kind === 'shared' ? origin.namespace : namespace}/${origin.name}`;
    const advice =
      origin.kind === 'shared'
        ? 'running replicas make it anew within seconds: see their log, and podtemper doctor on their rights'
        : 'create it with tls.crt and tls.key; with cert-manager, kubectl describe certificate says why it is not there';
    if (secretReading.kind === 'missing')
      return [{ code: 'secretMissing', where, expected: 'it to be there', found: 'none', advice }];
    const { authority, pairFault } = secretReading.value;
    const isUsable =
      origin.kind === 'shared' ? (certificatesOf(authority) ?? []).length > 0 : pairFault === undefined;
    if (isUsable) return [];
    const expected = origin.kind === 'shared' ? 'an authority in ca.crt' : 'a certificate and its key';
    return [{ code: 'secretUnusable', where, expected, found: pairFault ?? 'none', advice }];
  },
});
