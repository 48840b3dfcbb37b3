import { describe, expect, it } from '@jest/globals';
import { controlIds, controlOf } from '../../src/policy/catalogue.js';
import { codesOf, optedOutOf, planFor, type Situation } from './documents.js';

/** The plan for a pod with opt-out annotations; `rules` are the policy's. */
function planOf(annotations: Record<string, string>, rules: object = {}, more: Situation = {}) {
  const own = Object.entries(annotations).map(([key, value]) => [`podtemper.io/${key}`, value]);
  const metadata = { annotations: Object.fromEntries(own) as Record<string, string> };
  return planFor({ specs: { default: { optOut: rules } }, metadata, ...more });
}

/** The controls that run where a policy names none. */
const usual = controlIds.filter((id) => controlOf(id).defaultMode !== 'off');

const grant = (label: string): Situation => ({ facts: { labels: { 'podtemper.io/opt-out': label } } });

describe('a pod that opts out', () => {
  it('does so control by control, or of all', () => {
    expect(optedOutOf(planOf({ 'opt-out': ' resources,runAsNonRoot, ' }))).toEqual([
      'resources',
      'runAsNonRoot',
    ]);
    expect(optedOutOf(planOf({ 'opt-out': 'all' }))).toEqual(usual);
    expect(optedOutOf(planOf({ 'opt-out': '' }))).toEqual([]);
  });

  it('keeps no other control from counting on a user that it will not get', () => {
    const { controls } = planOf({ 'opt-out': 'runAsNonRoot' });
    expect(controls.filter(({ seesNonRoot }) => seesNonRoot)).toEqual([]);
  });

  it('is told of a misspelt control, and the others count', () => {
    const plan = planOf({ 'opt-out': 'capabilites,resources' });
    expect(optedOutOf(plan)).toEqual(['resources']);
    expect(codesOf(plan)).toEqual(['unknownControl']);
    expect(plan.notices[0]?.text).toContain('did you mean "capabilities"?');
  });

  it('gives a reason and a last day where the policy wants them', () => {
    const rules = { requireReason: true, requireExpiry: true };
    const bare = planOf({ 'opt-out': 'all' }, rules);
    expect([optedOutOf(bare), codesOf(bare)]).toEqual([[], ['optOutNeedsReason']]);
    const unending = planOf({ 'opt-out': 'all', 'opt-out-reason': 'legacy' }, rules);
    expect([optedOutOf(unending), codesOf(unending)]).toEqual([[], ['optOutNeedsExpiry']]);
    const whole = { 'opt-out': 'all', 'opt-out-reason': 'legacy', 'opt-out-until': '2026-06-01' };
    const plan = planOf(whole, rules);
    expect(codesOf(plan)).toEqual([]);
    expect(plan.optOut).toMatchObject({ reason: 'legacy', until: '2026-06-01' });
  });

  it('does so up to its last day, UTC', () => {
    const annotations = { 'opt-out': 'resources', 'opt-out-until': '2026-06-01' };
    expect(optedOutOf(planOf(annotations, {}, { today: '2026-06-01' }))).toEqual(['resources']);
    const late = planOf(annotations, {}, { today: '2026-06-02' });
    expect([optedOutOf(late), codesOf(late)]).toEqual([[], ['optOutExpired']]);
  });

  it.each(['2026-02-30', '2026-6-1', 'tomorrow', '2026-06-01T00:00:00Z'])(
    'is told that %s is no date',
    (until) => {
      const plan = planOf({ 'opt-out': 'all', 'opt-out-until': until });
      expect([optedOutOf(plan), codesOf(plan)]).toEqual([[], ['badDate']]);
    },
  );

  it('does not where the policy allows none', () => {
    const plan = planOf({ 'opt-out': 'all' }, { allowed: false });
    expect([optedOutOf(plan), codesOf(plan)]).toEqual([[], ['optOutDenied']]);
  });

  it('does as far as its namespace grants it', () => {
    expect(optedOutOf(planOf({ 'opt-out': 'all' }, {}, grant('allowed')))).toEqual(usual);
    const denied = planOf({ 'opt-out': 'all' }, {}, grant('denied'));
    expect([optedOutOf(denied), codesOf(denied)]).toEqual([[], ['optOutDenied']]);
    const some = planOf({ 'opt-out': 'resources,capabilities' }, {}, grant('resources.fsGroup'));
    expect([optedOutOf(some), codesOf(some)]).toEqual([['resources'], ['optOutDenied']]);
    expect(some.notices[0]?.text).toContain('opt-out of capabilities ignored');
  });

  it('is told of a grant that means nothing, whether it opts out or not', () => {
    const plan = planOf({}, {}, grant('resuorces'));
    expect(codesOf(plan)).toEqual(['unknownGrant']);
    expect(plan.notices[0]?.text).toContain('did you mean "resources"?');
  });
});
