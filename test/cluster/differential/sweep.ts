import fc from 'fast-check';
import { type Submission, submissionArbitrary } from '../../laws/submissions.js';
import type { Judge } from './judge.js';
import { type Place, placeFor } from './places.js';
import type { Reach } from './reach.js';
import type { Failure } from './shrink.js';
import type { Tally } from './tally.js';

/** Pods on their way at a time: enough to keep two cores busy, and no more than the previews that may wait for the thread
 *  that makes them (commands/previewPool.ts), for each asks for one at a time. */
const atATime = 16;

/** Drawn at a time: few, so that the API server need not wait for them. */
const batchSize = 50;

interface Drawn {
  submission: Submission;
  drawn: { seed: number; index: number };
}

/** As many pods as asked for, the same ones for the same seed. */
function* draw(count: number, seed: number): Generator<Drawn> {
  for (let start = 0; start < count; start += batchSize) {
    const batchSeed = (seed + start) | 0;
    const size = Math.min(batchSize, count - start);
    const batch = fc.sample(submissionArbitrary, { seed: batchSeed, numRuns: size });
    for (const [index, submission] of batch.entries())
      yield { submission, drawn: { seed: batchSeed, index } };
  }
}

/** Judges pods until there are enough, and gives the first failure of each rule. */
export async function sweep(
  { count, seed }: { count: number; seed: number },
  places: readonly Place[],
  judge: Judge,
  { tally, reach }: { tally: Tally; reach: Reach },
): Promise<Failure[]> {
  const failures = new Map<string, Failure>();
  const pods = draw(count, seed);
  const work = async () => {
    // One generator for all: each takes the next pod.
    for (const { submission, drawn } of pods) {
      const place = placeFor(submission, places);
      const verdict = await judge.judge(submission.pod, place);
      tally.add(verdict);
      if (verdict.isAccepted) reach.add(verdict.outcomes, submission, place);
      for (const breach of verdict.breaches) {
        if (!failures.has(breach.rule)) failures.set(breach.rule, { breach, submission, place, drawn });
      }
      reportProgress(tally);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return [...failures.values()];
}

const podsToALine = 10_000;

function reportProgress(tally: Tally): void {
  if (tally.pods % podsToALine === 0)
    process.stderr.write(`${new Date().toISOString()} ${tally.describe()}\n`);
}
