import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { waitUntil } from '../waiting.js';
import { askDirectly, keepAsking, reviewIn } from './directReviews.js';
import { type Fault } from './fault.js';
import { startAttack } from './load/attack.js';

/** So many that ten times what a replica answers in a second are fewer than the connections that it keeps. */
const containersOfFlood = 200;

export const overload: Fault = {
  title: 'flood of reviews',
  how: `one replica gets reviews of ${containersOfFlood} containers, on so many connections that ten times as many wait as it answers in a second`,
  why: 'the flooded replica has no time for a part of its reviews: the API server asks once more, then gives up',
  async inject({ controlPlane, installation, namespace, isThorough }) {
    const [victim, other] = installation.processes;
    if (!victim || !other) throw new Error('replicas: expected two, found fewer');
    const review = reviewIn(namespace);
    const file = join(controlPlane.directory, 'review.json');
    await writeFile(file, reviewIn(namespace, containersOfFlood));
    const { host, port } = victim.admission;
    const seconds = isThorough ? 10 : 4;
    const attack = startAttack(controlPlane.directory, 'flood', [host, `${port}`, file, `${seconds}`]);
    const endAsking = keepAsking(other, review);
    try {
      const { perSecond } = await attack.until('capacity', 30);
      const { waiting, answered, refused, other: others } = await attack.until('flood', 60);
      const flooded = performance.now();
      await waitUntil('the flooded replica', async () => (await askDirectly(victim, review)) === 'hardened');
      const recovered = Math.round(performance.now() - flooded);
      const { asked, others: unharmed } = await endAsking();
      // A short flood may not have reached the replica as one: that it refuses is shown by test/server/overload too.
      if (isThorough) expect(refused).toBeGreaterThan(0);
      expect(others).toBe(0);
      expect(answered).toBeGreaterThan(0);
      expect(unharmed).toEqual([]);
      return {
        seen:
          `it answers ${perSecond} a second, ${waiting} waited at any time; in ${seconds} s ${answered} were ` +
          `answered and ${refused} got 429; it was well ${recovered} ms after the flood; the other replica ` +
          `hardened all ${asked} pods that it was asked about meanwhile`,
        accountsFor: Infinity,
      };
    } finally {
      await endAsking();
      await attack.end();
    }
  },
};
