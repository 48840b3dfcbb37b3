import { certificateOriginOf } from '../deployed.js';
import { defineCheck } from '../finding.js';
import { certificatesOf, isRenewalOverdue, lifeOf, spellTime } from '../pem.js';
import { valueOf } from '../reading.js';

/** Whether the authority that the replicas share gets its successor in time. */
export const authority = defineCheck({
  id: 'authority',
  looksAt: 'the end of the newest authority that the replicas share',
  faults: {
    authorityEndsSoon: {
      severity: 'warning',
      means: 'nobody renews it, and then the API server refuses every certificate',
    },
  },
  examine({ deployment: deploymentReading, secret: reading, now }) {
    const deployment = valueOf(deploymentReading);
    const secret = valueOf(reading);
    const isShared = deployment !== undefined && certificateOriginOf(deployment).kind === 'shared';
    if (!isShared || secret === undefined) return [];
    const [newest] = (certificatesOf(secret.authority) ?? []).toSorted(
      (one, other) => lifeOf(other).to.getTime() - lifeOf(one).to.getTime(),
    );
    if (newest === undefined || !isRenewalOverdue(newest, now)) return [];
    return [
      {
        code: 'authorityEndsSoon',
        where: `ca.crt of Secret ${secret.where}`,
        expected: 'an authority that gets its successor after two thirds of its life',
        found: `none after the one that ends ${spellTime(lifeOf(newest).to)}`,
        advice: 'see the log of the replica that leads: it says why the Secret cannot be written',
      },
    ];
  },
});
