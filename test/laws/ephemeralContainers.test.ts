/**
 * The laws, as they hold for ephemeral containers: `kubectl debug` adds them to pods that run already. `SEED` and
 * `RUNS` as in laws.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Reviewed, mutate } from '../../src/admission/mutate.js';
import type { EphemeralContainer, Pod } from '../../src/kubernetes.js';
import { ephemeralControlIds } from '../../src/policy/ephemeral.js';
import { type Debugging, debuggingArbitrary } from './debugging.js';
import { keepDebugLaw, type Mutate } from './debugLaw.js';
import { runs, seed, usualRuns } from './run.js';
import { planFor } from './scenario.js';
import { omit, withSpec } from './trees.js';

const timeLimitMs = Math.max(120_000, 60 * runs);

/** What the law says of that many additions. */
function breachOf(review: Mutate, numRuns: number, endOnFailure: boolean): string | undefined {
  const property = fc.property(debuggingArbitrary, (debugging) => keepDebugLaw(debugging, review));
  const { failed, counterexample, errorInstance } = fc.check(property, { seed, numRuns, endOnFailure });
  if (!failed) return undefined;
  return `SEED=${seed}: ${String(errorInstance)}\n${JSON.stringify(counterexample)}`;
}

/** Another webhook, which answers to additions as `change` says. */
const broken =
  (change: (reviewed: Reviewed, request: Parameters<Mutate>[0]) => Partial<Reviewed['response']>): Mutate =>
  (request, ...rest) => {
    const reviewed = mutate(request, ...rest);
    return { ...reviewed, response: { ...reviewed.response, ...change(reviewed, request) } };
  };

/** The pod with each of its ephemeral containers changed. */
const withDebuggers = (
  pod: Pod,
  change: (container: EphemeralContainer, index: number) => EphemeralContainer,
): Pod => withSpec(pod, { ephemeralContainers: pod.spec.ephemeralContainers?.map(change) ?? [] });

const add = (path: string, value: unknown) => ({ op: 'add', path, value }) as const;

/** Faults that the law has to find, and what it says of them. */
const faults: readonly [string, RegExp, Mutate][] = [
  [
    'what the request changes besides is believed',
    /report shows another pod|judged otherwise|looked at/,
    (request, ...rest) => {
      const { spec } = request.oldObject as Pod;
      const sent = request.object as Pod;
      const believed = withSpec(sent, { ephemeralContainers: spec.ephemeralContainers ?? [] });
      return mutate({ ...request, oldObject: believed }, ...rest);
    },
  ],
  [
    'containers that are there already are hardened',
    /undeclared|too many/,
    (request, ...rest) => {
      const old = request.oldObject as Pod;
      return mutate({ ...request, oldObject: withSpec(old, { ephemeralContainers: [] }) }, ...rest);
    },
  ],
  [
    'the pod is marked',
    /undeclared: metadata/,
    broken(({ response: { patch } }, { object }) => {
      const hasAnnotations = (object as Pod).metadata?.annotations != null;
      const mark = add('/metadata/annotations/podtemper.io~1hardened', 'x');
      return { patch: patch.length > 0 && hasAnnotations ? [...patch, mark] : patch };
    }),
  ],
  [
    'the root becomes read-only',
    /undeclared: .*readOnlyRootFilesystem/,
    broken(({ response: { patch } }) => ({
      patch: patch.flatMap((operation) =>
        operation.path.endsWith('/securityContext')
          ? [operation, add(`${operation.path}/readOnlyRootFilesystem`, true)]
          : [operation],
      ),
    })),
  ],
  [
    'the user is another than that of the target',
    /has another user/,
    (request, ...rest) => {
      const sent = request.object as Pod;
      const untargeted = withDebuggers(sent, (container) => omit(container, 'targetContainerName'));
      const { report, ...reviewed } = mutate({ ...request, object: untargeted }, ...rest);
      if (report === undefined) return { ...reviewed, report };
      const hardened = withDebuggers(report.hardened, (container, index) =>
        Object.assign({}, sent.spec.ephemeralContainers?.[index], container),
      );
      return { ...reviewed, report: Object.assign({}, report, { hardened }) };
    },
  ],
  ['nobody is told', /nobody is warned/, broken(() => ({ warnings: [] }))],
  ['the audit log is not told', /audit/, broken(() => ({ auditAnnotations: {} }))],
];

describe('an ephemeral container', () => {
  it(
    'is hardened as the laws say',
    () => {
      expect(breachOf(mutate, runs, false)).toBeUndefined();
    },
    timeLimitMs,
  );
});

describe('the law finds that', () => {
  it.each(faults)(
    '%s',
    (_, seen, review) => {
      const breach = breachOf(review, Math.max(runs, usualRuns), true);
      expect(breach ?? `nothing found, SEED=${seed}`).toMatch(seen);
    },
    timeLimitMs,
  );
});

describe('the generated additions', () => {
  const sample = fc.sample(debuggingArbitrary, { seed, numRuns: 1500 });

  /** All that came of them: `capabilities: change`, `seccompProfile: skip unconfined`. */
  const outcomes = new Set(sample.flatMap(outcomesOf));

  function outcomesOf({ before, sent, facts, policy }: Debugging): string[] {
    const request = {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      object: sent,
      oldObject: before,
    };
    const { report } = mutate(
      {
        uid: 'u',
        kind: { group: '', version: 'v1', kind: 'Pod' },
        name: '',
        namespace: '',
        dryRun: false,
        bytes: 4000,
        ...request,
      },
      facts,
      (pod) => planFor(pod, policy, facts),
    );
    const decisions = report?.findings.map(({ control, mode, decision }) =>
      decision.kind === 'skip'
        ? `${control}: skip ${decision.reason}`
        : `${control}: ${decision.kind} ${mode}`,
    );
    return [...(decisions ?? []), report === undefined ? 'off' : `exempt ${report.exemption ?? 'not'}`];
  }

  it.each([...ephemeralControlIds])('bring %s to each kind of decision', (id) => {
    const expected = ['change enforce', 'change warn', 'change audit', 'keep enforce', 'skip privileged'];
    expect(expected.filter((outcome) => !outcomes.has(`${id}: ${outcome}`))).toEqual([]);
  });

  it('come to pods that are exempt, to policies that are off, and to controls that are not for them', () => {
    const expected = ['off', 'exempt mirrorPod', 'exempt not', 'resources: skip ephemeral'];
    expect(expected.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  });

  it('hold containers that are there, and targets with a user of their own', () => {
    const isTargeted = ({ before, sent }: Debugging) =>
      sent.spec.ephemeralContainers?.some(({ targetContainerName }) =>
        before.spec.containers.some(
          ({ name, securityContext }) =>
            name === targetContainerName && (securityContext?.runAsUser ?? 0) > 0,
        ),
      ) ?? false;
    expect(sample.filter(isTargeted).length).toBeGreaterThan(20);
    const hasOld = ({ before }: Debugging) => (before.spec.ephemeralContainers?.length ?? 0) > 0;
    expect(sample.filter(hasOld).length).toBeGreaterThan(100);
  });
});
