import fc from 'fast-check';
import type { Law, Scenario } from './scenario.js';
import { describeScenario, scenarioArbitrary } from './scenarios.js';
import type { Subject } from './subject.js';

/** Number from which fast-check draws all pods of a run: `SEED` repeats one. */
export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Pods for each law, more than 10,000 for all seven. */
export const usualRuns = 1500;

/** Pods for each law: `RUNS` makes it fewer or more. */
export const runs = Number(process.env.RUNS ?? usualRuns);

/** What became of a law. */
export interface Outcome {
  readonly pods: number;
  /** What the law saw, under which pod it was seen, and how to see it again; undefined where it was kept. */
  readonly breach: string | undefined;
}

/** Puts a law to the test with that many pods, or fewer where it is broken before. Shrinking leads to a small pod, and
 *  takes its time. */
export async function check(
  law: Law,
  subject: Subject,
  { atMost, shrinks }: { readonly atMost: number; readonly shrinks: boolean },
): Promise<Outcome> {
  const property = fc.asyncProperty(scenarioArbitrary, async (scenario) => {
    await law(scenario, subject);
  });
  const details = await fc.check(property, { seed, numRuns: atMost, endOnFailure: !shrinks });
  return { pods: details.numRuns, breach: details.failed ? complaint(details) : undefined };
}

function complaint({ counterexample, errorInstance, numRuns }: fc.RunDetails<[Scenario]>): string {
  const seen =
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const again = `after ${numRuns} pods; SEED=${seed} RUNS=${runs} shows it again`;
  const pod = counterexample === null ? '' : describeScenario(counterexample[0]);
  return `${again}\n${seen}\n${pod}`;
}
