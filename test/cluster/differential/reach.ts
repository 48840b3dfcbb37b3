import { catalogue } from '../../../src/policy/catalogue.js';
import { corners, outcomesOfControl, outcomesOfPods } from '../../laws/reach.js';
import type { Submission } from '../../laws/submissions.js';
import type { Place } from './places.js';

/** Only pods that the API server refuses come to these, or pods too large to be previewed. */
const elsewhere = new Set([
  'an ephemeral container',
  'notice noRoomForMark',
  'resources: skip limitRange',
  'resources: skip malformed',
]);

/** What accepted pods have reached: corners of the generator, and what the webhook reports. */
export class Reach {
  readonly #outcomes = new Set<string>();
  readonly #cornersLeft = new Map(Object.entries(corners).filter(([name]) => !elsewhere.has(name)));

  add(outcomes: readonly string[], { pod }: Submission, { facts }: Place): void {
    for (const outcome of outcomes) this.#outcomes.add(outcome);
    for (const [name, isThere] of this.#cornersLeft) {
      if (isThere({ pod, facts })) this.#cornersLeft.delete(name);
    }
  }

  /** What none of the pods has come to, and some should. */
  missing(): string[] {
    const expected = [...[...catalogue.values()].flatMap(outcomesOfControl), ...outcomesOfPods];
    const missing = expected.filter((outcome) => !this.#outcomes.has(outcome) && !elsewhere.has(outcome));
    return [...this.#cornersLeft.keys(), ...missing];
  }
}
