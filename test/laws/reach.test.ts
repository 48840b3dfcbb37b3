/**
 * A law that no pod puts to the test is kept by everything. Here: that the generator reaches what is hard, and each
 * outcome that a control declares. `SEED` as in laws.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { harden } from '../../src/hardening/harden.js';
import type { Finding } from '../../src/hardening/report.js';
import { catalogue } from '../../src/policy/catalogue.js';
import { corners, isAccepted, outcomesOfControl, outcomesOfPods } from './reach.js';
import { seed } from './run.js';
import { planFor, type Scenario } from './scenario.js';
import { scenarioArbitrary } from './scenarios.js';

const scenarios = fc.sample(scenarioArbitrary, { seed, numRuns: 3000 });
const again = `again with SEED=${seed}`;

/** All that came of the pods: `capabilities: skip addsAll`, `exempt mirrorPod`. */
const outcomes = new Set(
  scenarios.flatMap(({ pod, policy, facts }) => {
    const { findings, exemption, notices } = harden(pod, planFor(pod, policy, facts), facts);
    const decisions = findings.flatMap(outcomesOf);
    return [...decisions, `exempt ${exemption ?? 'not'}`, ...notices.map(({ code }) => `notice ${code}`)];
  }),
);

function outcomesOf({ control, decision }: Finding): string[] {
  if (decision.kind === 'skip') return [`${control}: skip ${decision.reason}`];
  if (decision.kind === 'flag') return decision.flags.map(({ code }) => `${control}: flag ${code}`);
  const notes = decision.notes ?? [];
  return [`${control}: ${decision.kind}`, ...notes.map((note) => `${control}: note ${note}`)];
}

/** Only pods that the API server refuses come to it, and of these there are few. The fixtures show it. */
const tooRare = 'resources: skip limitRange';

describe('the generated pods', () => {
  it.each(Object.entries(corners))('include %s', (_, isThere) => {
    expect([again, scenarios.some(isThere)]).toEqual([again, true]);
  });

  it('meet a visitor that mounts /tmp', () => {
    const mountsTmp = ({ visitor }: Scenario) =>
      visitor.volumeMounts?.some(({ mountPath }) => mountPath === '/tmp');
    expect([again, scenarios.some(mountsTmp)]).toEqual([again, true]);
  });

  it('would nearly all be accepted without us', () => {
    const accepted = scenarios.filter(isAccepted).length;
    expect(accepted / scenarios.length).toBeGreaterThan(0.85);
  });

  it('come to each notice and exemption', () => {
    expect([again, ...outcomesOfPods.filter((outcome) => !outcomes.has(outcome))]).toEqual([again]);
  });

  it.each([...catalogue.values()].map((control) => [control.id, control] as const))(
    'bring %s to each of its outcomes',
    (id, control) => {
      const expected = [
        ...outcomesOfControl(control),
        ...Object.keys(control.notes).map((note) => `${id}: note ${note}`),
      ];
      expect([again, ...expected.filter((outcome) => !outcomes.has(outcome) && outcome !== tooRare)]).toEqual(
        [again],
      );
    },
  );
});
