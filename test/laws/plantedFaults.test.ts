/**
 * The laws are worth something only if they find faults: here podtemper is broken on purpose, one part at a time, and
 * the law is to find it among as many pods as laws.test.ts draws. `SEED` and `RUNS` as there, but never fewer pods
 * than usual.
 */
import { describe, expect, it } from '@jest/globals';
import type { Fault } from './faults/breaking.js';
import { faultsAgainstFailureIsOurs } from './faults/failureIsOurs.js';
import { faultsAgainstNeverInvalid } from './faults/neverInvalid.js';
import { faultsAgainstNeverOverwritten } from './faults/neverOverwritten.js';
import { faultsAgainstNothingInSilence } from './faults/nothingInSilence.js';
import { faultsAgainstOnceIsEnough } from './faults/onceIsEnough.js';
import { faultsAgainstOnlyDeclared } from './faults/onlyDeclared.js';
import { faultsAgainstPatchIsReport } from './faults/patchIsReport.js';
import { laws } from './laws.js';
import { check, runs, seed, usualRuns } from './run.js';

/** Fewer would not always be enough for the rarest corners. */
const atMost = Math.max(runs, usualRuns);

const timeLimitMs = Math.max(120_000, 60 * runs);

const faultsByLaw: Readonly<Record<number, readonly Fault[]>> = {
  1: faultsAgainstNeverInvalid,
  2: faultsAgainstNeverOverwritten,
  3: faultsAgainstOnceIsEnough,
  4: faultsAgainstOnlyDeclared,
  5: faultsAgainstPatchIsReport,
  6: faultsAgainstNothingInSilence,
  7: faultsAgainstFailureIsOurs,
};

describe.each(laws)('law $number, $name, finds that', ({ number, law }) => {
  it.each(faultsByLaw[number] ?? [])(
    '$name',
    async ({ subject, seen }) => {
      const { breach, pods } = await check(law, subject, { atMost, shrinks: false });
      expect(breach ?? `nothing found in ${pods} pods, SEED=${seed}`).toMatch(seen);
    },
    timeLimitMs,
  );
});
