import fc from 'fast-check';
import { stringify } from 'yaml';
import { type Submission, submissionArbitrary } from '../../laws/submissions.js';
import { policyLabel } from '../barePod.js';
import type { Breach, Judge } from './judge.js';
import type { Place } from './places.js';

/** A pod that broke a rule, and how to draw it again. */
export interface Failure {
  breach: Breach;
  submission: Submission;
  place: Place;
  /** Seed and place of its batch. */
  drawn: { seed: number; index: number };
}

/** Milliseconds after which the smallest pod so far is small enough. */
const patience = 60_000;

/** The failure with the smallest pod that still breaks the rule in that namespace. */
export async function shrink({ breach, place, drawn, submission }: Failure, judge: Judge): Promise<Failure> {
  let smallest = { breach, submission };
  const property = fc.asyncProperty(submissionArbitrary, async (candidate) => {
    const { breaches } = await judge.judge(candidate.pod, place);
    const same = breaches.find(({ rule }) => rule === breach.rule);
    if (same === undefined) return;
    smallest = { breach: same, submission: candidate };
    throw new Error(same.rule);
  });
  const { seed, index } = drawn;
  await fc.check(property, { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: patience });
  return { ...smallest, place, drawn };
}

/** Everything that a person needs to see it again. */
export function describeFailure(
  { breach, submission, place, drawn }: Failure,
  policies: Readonly<Record<string, object>>,
  seed: number,
): string {
  const { pod } = submission;
  const { name: namespace, ...facts } = place.facts;
  const policy = policies[facts.labels[policyLabel] ?? ''] ?? 'the built-in one';
  const parts = { [breach.rule]: breach.seen, pod, namespace: facts, policy };
  const text = stringify(parts, { aliasDuplicateObjects: false });
  return `# SEED=${seed} (batch ${drawn.seed}, pod ${drawn.index}), in ${namespace}\n${text}`;
}
