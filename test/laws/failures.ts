import type { ReviewServiceOptions } from '../../src/admission/service.js';
import { change, type Decision } from '../../src/controls/kit/decision.js';
import type { Bound } from '../../src/controls/kit/define.js';
import type { Container } from '../../src/kubernetes.js';
import type { PolicySet } from '../../src/policy/policy.js';
import type { Scenario } from './scenario.js';

/** Throws, and remembers that it did. */
export type Blow = () => never;

type Break = (options: ReviewServiceOptions, blow: Blow, scenario: Scenario) => ReviewServiceOptions;

/** Ways in which podtemper may fail while it answers a review. Not each comes about for each pod. */
export const failures = {
  control: (options, blow, { salt }) => withBound(options, salt, (bound) => ({ ...bound, decide: blow })),
  controlOfLastContainer: (options, blow, { salt, pod }) => {
    const last = pod.spec.containers.at(-1)?.name;
    return withBound(options, salt, (bound) =>
      failingAt(bound, (container) => container.name === last, blow),
    );
  },
  survey: (options, blow, { salt }) =>
    withBound(options, salt, (bound) => (bound.scope === 'container' ? { ...bound, survey: blow } : bound)),
  endlessControl: (options, blow, { salt }) => {
    const decide = (): Decision => {
      try {
        return blow();
      } catch {
        return recurse();
      }
    };
    return withBound(options, salt, (bound) => ({ ...bound, decide }));
  },
  unwritableValue: (options, blow, { salt }) => {
    const set: Record<string, unknown> = { unwritable: { toJSON: blow } };
    return withBound(options, salt, (bound) => ({ ...bound, decide: () => change(set) }));
  },
  policies: (options, blow) => ({ ...options, policies: blow }),
  clock: (options, blow) => ({ ...options, now: blow }),
  knownFacts: (options, blow) => ({ ...options, facts: { get: blow, fetch: noFacts } }),
  requestForFacts: (options, blow) => ({ ...options, facts: { get: unknown, fetch: blow } }),
  refusedFacts: (options, blow) => ({
    ...options,
    facts: {
      get: unknown,
      fetch: async () => {
        await noFacts();
        return blow();
      },
    },
  }),
  observer: (options, blow) => ({
    ...options,
    observer: {
      answered: blow,
      judged: blow,
      malformed: (...seen) => options.observer.malformed(...seen),
      failed: (...seen) => options.observer.failed(...seen),
    },
  }),
} as const satisfies Readonly<Record<string, Break>>;

export type FailureName = keyof typeof failures;

export const failureNames = Object.keys(failures) as readonly FailureName[];

const recurse = (): Decision => recurse();
const unknown = () => undefined;
const noFacts = () => Promise.resolve(undefined);

/** The same options, one control of all policies, which the number picks, being another. */
function withBound(
  options: ReviewServiceOptions,
  number: number,
  breakBound: (bound: Bound) => Bound,
): ReviewServiceOptions {
  const policies: PolicySet = new Map(
    [...options.policies()].map(([name, policy]) => {
      const controls = policy.controls.map((control, index) =>
        index === number % policy.controls.length
          ? { ...control, bound: breakBound(control.bound) }
          : control,
      );
      return [name, { ...policy, controls }] as const;
    }),
  );
  return { ...options, policies: () => policies };
}

function failingAt(bound: Bound, isPlace: (container: Container) => boolean, blow: Blow): Bound {
  if (bound.scope === 'pod') return { ...bound, decide: blow };
  const { decide } = bound;
  return {
    ...bound,
    decide: (container, context, survey) =>
      isPlace(container) ? blow() : decide(container, context, survey),
  };
}
