import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { harden } from '../../src/hardening/harden.js';
import { standingOf } from '../../src/hardening/standing.js';
import { type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { planNamespace } from '../../src/policy/plan.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { assess, violationsOf } from '../../src/standards/assess.js';
import { demandOf, levels, newestVersion, type Version, versionOf } from '../../src/standards/version.js';
import { seed } from '../laws/run.js';
import { amend } from './amend.js';
import { standardPod } from './pods.js';
import { restrictedPod } from './restrictedPod.js';

const placesOf = (pod: ReturnType<typeof restrictedPod>, version: Version = newestVersion) =>
  assess(pod, version).violations.map(({ check, target, found }) => ({ check, target, found }));

describe('a pod is', () => {
  it.each([
    ['restricted', {}],
    ['baseline', { app: { securityContext: { runAsUser: 0 } } }],
    ['privileged', { hostPID: true }],
    ['privileged', { hostPID: true, app: { securityContext: { runAsUser: 0 } } }],
  ])('%s where it is %j', (level, changes) => {
    expect(assess(restrictedPod(changes), newestVersion).level).toBe(level);
  });

  it('what it is, whatever stands where a list or mapping should', () => {
    for (const odd of ['text', 1, true, [], {}, [null], ['text'], { name: 'app' }]) {
      for (const field of ['ephemeralContainers', 'initContainers', 'volumes', 'securityContext', 'os']) {
        expect(() => assess(restrictedPod({ [field]: odd }), newestVersion)).not.toThrow();
      }
    }
  });
});

describe('what stands between a pod and restricted', () => {
  it('is said once, where two levels forbid it', () => {
    const pod = restrictedPod({
      volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }],
      app: { securityContext: { procMount: 'Unmasked' } },
    });
    expect(placesOf(pod)).toEqual([
      { check: 'hostPathVolumes', target: 'volumes/logs', found: { path: '/var/log' } },
      { check: 'procMount', target: 'containers/app', found: 'Unmasked' },
    ]);
  });

  it('is of a list what each level forbids in it', () => {
    const capabilities = { drop: ['ALL'], add: ['NET_RAW', 'CHOWN', 'NET_BIND_SERVICE'] };
    expect(placesOf(restrictedPod({ app: { securityContext: { capabilities } } }))).toEqual([
      { check: 'capabilities_baseline', target: 'containers/app', found: ['NET_RAW'] },
      { check: 'capabilities_restricted', target: 'containers/app', found: ['CHOWN'] },
    ]);
  });
});

describe('labels of a namespace', () => {
  const prefix = 'pod-security.kubernetes.io';
  it.each([
    [{}, { level: 'privileged', version: newestVersion }],
    [{ enforce: 'baseline' }, { level: 'baseline', version: newestVersion }],
    [
      { enforce: 'restricted', 'enforce-version': 'v1.25' },
      { level: 'restricted', version: 25 },
    ],
    [
      { enforce: 'restricted', 'enforce-version': 'latest' },
      { level: 'restricted', version: newestVersion },
    ],
    [
      { enforce: 'Baseline', 'enforce-version': 'v1.0' },
      { level: 'restricted', version: 0 },
    ],
    [{ 'enforce-version': 'v1.99' }, { level: 'privileged', version: newestVersion }],
    [{ 'enforce-version': '1.25' }, { level: 'privileged', version: newestVersion }],
    [{ 'enforce-version': 'v1.025' }, { level: 'privileged', version: newestVersion }],
    [{ 'enforce-version': 'v2.0' }, { level: 'privileged', version: newestVersion }],
  ])('%j demand %j', (labels, demand) => {
    const whole = Object.entries(labels).map(([key, value]) => [`${prefix}/${key}`, value]);
    expect(demandOf(Object.fromEntries(whole))).toEqual(demand);
  });

  it('mean no more to a server than it knows', () => {
    expect([versionOf('v1.37', 34), versionOf('latest', 34), versionOf('v1.9', 34)]).toEqual([34, 34, 9]);
  });
});

describe('of generated pods, by every version', () => {
  const versions = fc.integer({ min: 0, max: newestVersion });
  const facts = unknownNamespace('default');
  const plan = planNamespace({
    policies: compilePolicies([]),
    facts,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
  });
  const rank = (level: (typeof levels)[number]) => levels.indexOf(level);

  it('one without violations of restricted has none of baseline', () => {
    fc.assert(
      fc.property(standardPod, versions, (pod, version) => {
        const isRestricted = violationsOf(pod, 'restricted', version).length === 0;
        const isBaseline = violationsOf(pod, 'baseline', version).length === 0;
        expect(isRestricted && !isBaseline).toBe(false);
        expect(assess(pod, version).level === 'restricted').toBe(isRestricted);
        expect(assess(pod, version).level === 'privileged').toBe(!isBaseline);
      }),
      { seed },
    );
  });

  it('one is restricted once its author has done all that was left to do', () => {
    let amended = 0;
    const labelsOf = (version: Version) => ({
      'pod-security.kubernetes.io/enforce-version': `v1.${version}`,
    });
    const standing = (pod: Pod, version: Version) =>
      standingOf(pod, harden(pod, plan, facts), labelsOf(version));
    fc.assert(
      fc.property(standardPod, versions, (pod, version) => {
        const { after, remaining } = standing(pod, version);
        expect(remaining.length === 0).toBe(after === 'restricted');
        if (remaining.length > 0) amended += 1;
        const better = amend(pod, remaining);
        // What else is the matter with a privileged container shows when it is none any more.
        const best = hasPrivileged(pod) ? amend(better, standing(better, version).remaining) : better;
        expect(standing(best, version)).toMatchObject({ after: 'restricted', remaining: [] });
      }),
      { seed, numRuns: 200 },
    );
    expect(amended).toBeGreaterThan(0);
  }, 30_000);

  function hasPrivileged({ spec }: Pod): boolean {
    return [...(spec.initContainers ?? []), ...spec.containers].some(
      ({ securityContext }) => securityContext?.privileged,
    );
  }

  it('none is of a lower level for being hardened, nor breaks a check that it kept', () => {
    let higher = 0;
    fc.assert(
      fc.property(standardPod, versions, (pod, version) => {
        const before = assess(pod, version);
        const after = assess(harden(pod, plan, facts).hardened, version);
        expect(rank(after.level)).toBeGreaterThanOrEqual(rank(before.level));
        const places = new Set(before.violations.map(({ check, target }) => `${check} ${target}`));
        expect(after.violations.filter(({ check, target }) => !places.has(`${check} ${target}`))).toEqual([]);
        if (rank(after.level) > rank(before.level)) higher += 1;
      }),
      { seed, numRuns: 200 },
    );
    expect(higher).toBeGreaterThan(0);
  }, 30_000);
});
