/**
 * What the validating webhook makes of generated pods: one that was hardened is never refused for not being hardened,
 * whatever the API server fills in and other webhooks add; one that hardening has passed by is. And whatever is denied is
 * refused, nothing else. `SEED` and `RUNS` as in laws.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validate } from '../../src/admission/validate.js';
import { harden } from '../../src/hardening/harden.js';
import type { Report } from '../../src/hardening/report.js';
import { annotationKeys, type Pod } from '../../src/kubernetes.js';
import { decodedRequest } from '../admission/reviews.js';
import { withVisitor } from './onceIsEnough.js';
import { runs, seed } from './run.js';
import { enforcing, hardenIn, planFor, type Scenario } from './scenario.js';
import { scenarioArbitrary } from './scenarios.js';
import { asCreated } from './serverDefaults.js';

const timeLimitMs = Math.max(120_000, 60 * runs);

/** The scenario in a namespace that enforces, under a policy that takes hardened pods only. */
const demanding = scenarioArbitrary.map(demandHardened);

function demandHardened(scenario: Scenario): Scenario {
  const { policy, facts } = scenario;
  const spec = { ...policy.spec, requireHardened: true };
  return { ...scenario, facts: enforcing(facts), policy: { ...policy, spec } };
}

/** What the pod is refused by, where it comes to the API server's storage like this. */
function refusedBy({ facts, policy }: Scenario, pod: Pod): readonly string[] {
  return validate(decodedRequest(pod), facts, (one, known) => planFor(one, policy, known)).refusedBy;
}

const served = ({ created, facts }: Scenario, pod: Pod) => (created ? asCreated(pod, facts) : pod);

/** The controls that deny something in the pod. */
const denying = ({ findings }: Report) =>
  new Set(
    findings.flatMap(({ control, mode, decision }) =>
      mode === 'deny' && decision.kind === 'flag' ? [control] : [],
    ),
  );

const isMarked = (pod: Pod) => pod.metadata?.annotations?.[annotationKeys.hardened] !== undefined;

const tally = { admitted: 0, denied: 0, unhardened: 0, withVisitor: 0 };

describe('a pod in a namespace that takes hardened pods only', () => {
  it(
    'is refused for what is denied and for nothing else, once it is hardened',
    () => {
      const property = fc.property(demanding, (scenario) => {
        const pod = served(scenario, hardenIn(scenario, scenario.pod, harden).hardened);
        const expected = denying(hardenIn(scenario, pod, harden));
        expect([...refusedBy(scenario, pod)].toSorted()).toEqual([...expected].toSorted());
        tally[expected.size > 0 ? 'denied' : 'admitted'] += 1;
      });
      fc.assert(property, { seed, numRuns: runs });
      expect(Math.min(tally.admitted, tally.denied)).toBeGreaterThan(0);
    },
    timeLimitMs,
  );

  it(
    'is not refused for what comes to it later',
    () => {
      const property = fc.property(demanding, (scenario) => {
        const { hardened, changed, notices } = hardenIn(scenario, scenario.pod, harden);
        // Where the annotations are full, nothing tells such a pod from one that was passed by.
        const isMarkedByUs = notices.every(({ code }) => code !== 'noRoomForMark');
        if (changed.length === 0 || !isMarkedByUs) return;
        const list = scenario.salt % 3 === 0 ? 'initContainers' : 'containers';
        const pod = served(scenario, withVisitor(served(scenario, hardened), scenario.visitor, list));
        expect(refusedBy(scenario, pod)).not.toContain('requireHardened');
        tally.withVisitor += 1;
      });
      fc.assert(property, { seed, numRuns: runs });
      expect(tally.withVisitor).toBeGreaterThan(0);
    },
    timeLimitMs,
  );

  it(
    'is refused where hardening has passed it by, and has something to change',
    () => {
      const property = fc.property(demanding, (scenario) => {
        const pod = served(scenario, scenario.pod);
        if (isMarked(pod)) return;
        const { changed } = hardenIn(scenario, pod, harden);
        expect(refusedBy(scenario, pod).includes('requireHardened')).toBe(changed.length > 0);
        if (changed.length > 0) tally.unhardened += 1;
      });
      fc.assert(property, { seed, numRuns: runs });
      expect(tally.unhardened).toBeGreaterThan(0);
    },
    timeLimitMs,
  );
});
