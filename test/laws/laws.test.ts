/**
 * The laws of podtemper, each a property of thousands of generated pods.
 *
 *     SEED=123     repeats the run that printed this seed
 *     RUNS=20000   pods for each law instead of 1,500, more than 10,000 in all
 */
import { afterAll, describe, expect, it } from '@jest/globals';
import { laws } from './laws.js';
import { check, runs, seed } from './run.js';
import { podtemper } from './subject.js';

const timeLimitMs = Math.max(120_000, 60 * runs);

let pods = 0;

afterAll(() => {
  process.stderr.write(`laws: ${pods} pods checked, SEED=${seed}\n`);
});

describe('law', () => {
  it.each(laws)(
    '$number: $name',
    async ({ law }) => {
      const outcome = await check(law, podtemper, { atMost: runs, shrinks: true });
      pods += outcome.pods;
      expect(outcome.breach).toBeUndefined();
    },
    timeLimitMs,
  );
});
