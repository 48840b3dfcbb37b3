/**
 * Every sin in turn is found by the control that is for it, at its field, and by no other; what only looks like one is
 * not. Prints how many of each.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { harden } from '../../src/hardening/harden.js';
import { type Pod, type PodSpec, unknownNamespace } from '../../src/kubernetes.js';
import { controlOf, isAdvisory } from '../../src/policy/catalogue.js';
import { preview } from '../../src/preview/preview.js';
import { planner, policiesOf, today } from '../admission/plans.js';
import { nearMisses, sins } from './sins.js';

const facts = unknownNamespace('shop');

/** Each finding of an advisory control: its id and the field. */
function foundIn(spec: PodSpec): [control: string, field: string][] {
  const pod: Pod = { metadata: { name: 'app', labels: { app: 'shop' } }, spec };
  return harden(pod, planner()(pod, facts), facts).findings.flatMap(({ control, decision }) =>
    decision.kind === 'flag' ? decision.flags.map(({ field }): [string, string] => [control, field]) : [],
  );
}

const counts = { truePositives: 0, missed: 0, strays: 0, nearMisses: 0, falsePositives: 0 };

afterAll(() => {
  const { truePositives, missed, strays, nearMisses: near, falsePositives } = counts;
  process.stderr.write(
    `advisory controls: ${sins.length} sins, ${truePositives} findings as expected, ${missed} missed, ${strays} besides; ` +
      `${near} near-misses, ${falsePositives} false positives\n`,
  );
});

describe('a sin is found where it stands, by the control that is for it', () => {
  it.each(sins.map((sin) => [sin.name, sin] as const))('%s', (_name, { spec, expected }) => {
    const found = foundIn(spec);
    const keys = new Set(found.map(String));
    const hits = expected.filter((one) => keys.has(String(one))).length;
    counts.truePositives += hits;
    counts.missed += expected.length - hits;
    counts.strays += found.length - hits;
    expect(found.map(String).toSorted()).toEqual(expected.map(String).toSorted());
  });

  it('by each control at least once', () => {
    const ids = new Set(sins.flatMap(({ expected }) => expected.map(([control]) => control)));
    const all = harden({ spec: { containers: [] } }, planner()({ spec: { containers: [] } }, facts), facts);
    const advisory = all.findings.map(({ control }) => control).filter((id) => isAdvisory(controlOf(id)));
    expect([...ids].toSorted()).toEqual(advisory.toSorted());
  });
});

describe('what only looks like a sin is not found', () => {
  it.each(Object.entries(nearMisses))('%s', (_name, spec) => {
    const found = foundIn(spec);
    counts.nearMisses++;
    counts.falsePositives += found.length;
    expect(found).toEqual([]);
  });

  it('in sixty cases at least', () => {
    expect(Object.keys(nearMisses).length).toBeGreaterThanOrEqual(60);
  });
});

describe('the field of a finding', () => {
  it('is the one in the template, whatever claims a StatefulSet adds to its volumes', () => {
    const volumes = [
      { name: 'data', emptyDir: {} },
      { name: 'etc', hostPath: { path: '/etc' } },
    ];
    const workload = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        template: { spec: { containers: [{ name: 'db', image: 'example.com/db:1' }], volumes } },
        volumeClaimTemplates: [{ metadata: { name: 'data' } }, { metadata: { name: 'log' } }],
      },
    };
    const { items } = preview(JSON.stringify(workload), 'db.json', {
      policies: policiesOf(),
      defaultPolicy: 'default',
      mode: 'enforce',
      facts: () => facts,
      today,
    });
    const flagged = items[0]?.report?.findings.flatMap(({ control, decision }) =>
      decision.kind === 'flag' && control === 'hostPath' ? decision.flags.map(({ field }) => field) : [],
    );
    expect(flagged).toEqual(['spec.volumes[1].hostPath.path']);
  });
});

describe('the sample of the security guide', () => {
  it('has no finding for the time zone that it mounts, and the one for its token', () => {
    const file = new URL('guideSample.yaml', import.meta.url);
    const { items } = preview(readFileSync(file, 'utf8'), 'guideSample.yaml', {
      policies: policiesOf(),
      defaultPolicy: 'default',
      mode: 'enforce',
      facts: () => facts,
      today,
    });
    const flagged = items[0]?.report?.findings.flatMap(({ control, decision }) =>
      decision.kind === 'flag' ? decision.flags.map(({ field }) => [control, field]) : [],
    );
    expect(flagged).toEqual([['managementPlane', 'spec.automountServiceAccountToken']]);
  });
});
