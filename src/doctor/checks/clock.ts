import { defineCheck } from '../finding.js';
import type { Lease } from '../installation.js';
import { renewalOf, writingOf } from '../lease.js';
import { valueOf } from '../reading.js';

/** Clocks may differ by this much, in seconds: certificates are backdated by five minutes. */
const mostSkewSeconds = 60;

/** Whether replicas and API server agree on the time. */
export const clock = defineCheck({
  id: 'clock',
  looksAt: "the leader's clock, by its Lease, against the API server's",
  faults: {
    clockSkew: {
      severity: 'warning',
      means:
        'certificates may not be valid yet, or no longer, where they are looked at, and opt-outs end at another time',
    },
  },
  examine({ lease: reading }) {
    const lease = valueOf(reading);
    const skew = lease === undefined ? undefined : skewOf(lease);
    if (lease === undefined || skew === undefined || Math.abs(skew) <= mostSkewSeconds) return [];
    const { name, namespace } = lease.metadata ?? {};
    return [
      {
        code: 'clockSkew',
        where: `Lease ${namespace}/${name}: renewTime`,
        expected: `the API server's time, give or take ${mostSkewSeconds} s`,
        found: `${Math.round(Math.abs(skew))} s ${skew > 0 ? 'ahead' : 'behind'}, by the clock of ${lease.spec?.holderIdentity ?? 'the leader'}`,
        advice: "set the clock of that pod's node right (chronyc tracking, timedatectl), or the API server's",
      },
    ];
  },
});

/** Seconds by which the clock of whoever renewed the Lease is ahead: the API server notes when it was written. */
function skewOf(lease: Lease): number | undefined {
  const [renewed, written] = [renewalOf(lease), writingOf(lease)];
  return renewed === undefined || written === undefined
    ? undefined
    : (renewed.getTime() - written.getTime()) / 1000;
}
