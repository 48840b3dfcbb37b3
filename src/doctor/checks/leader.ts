import { certificateOriginOf } from '../deployed.js';
import { defineCheck } from '../finding.js';
import { renewalOf, writingOf } from '../lease.js';
import { spellTime } from '../pem.js';
import { valueOf } from '../reading.js';

/** A leader renews every other second; where one is gone, another leads within half a minute. */
const mostSilenceSeconds = 60;

const means = 'nobody renews the authority or keeps the caBundle right';

/** Whether one of the replicas that share an authority leads. */
export const leader = defineCheck({
  id: 'leader',
  looksAt: 'the Lease of the replicas that share an authority: is it there, and renewed',
  faults: {
    leaseMissing: { severity: 'warning', means },
    leaseNotRenewed: { severity: 'warning', means },
  },
  examine({ deployment: deploymentReading, lease: reading, now }) {
    const deployment = valueOf(deploymentReading);
    const origin = deployment === undefined ? undefined : certificateOriginOf(deployment);
    if (origin?.kind !== 'shared' || reading.kind === 'unread') return [];
    const where = `Lease ${origin.namespace}/${origin.name}`;
    const advice =
      'see the log of the replicas: most often none is ready, or the right to the Lease is missing';
    if (reading.kind === 'missing')
      return [{ code: 'leaseMissing', where, expected: 'it to be there', found: 'none', advice }];
    // The leader's own clock only where nothing else is known: it may be wrong.
    const last = writingOf(reading.value) ?? renewalOf(reading.value);
    const silence = last === undefined ? Infinity : (now.getTime() - last.getTime()) / 1000;
    if (silence <= mostSilenceSeconds) return [];
    const expected = `a leader that renews it; of late, within ${mostSilenceSeconds} s`;
    const found = last === undefined ? 'none that ever did' : `one that last did ${spellTime(last)}`;
    return [{ code: 'leaseNotRenewed', where, expected, found, advice }];
  },
});
