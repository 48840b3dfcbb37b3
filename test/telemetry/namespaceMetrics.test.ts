import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { parsePolicies } from '../../src/policy/load.js';
import { countNamespaces } from '../../src/policy/census.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { registerNamespaceMetrics } from '../../src/telemetry/namespaceMetrics.js';
import { parseSamples } from './samples.js';

const policies = compilePolicies(
  parsePolicies(
    `{apiVersion: podtemper.io/v1alpha1, kind: HardeningPolicy, metadata: {name: closed}, spec: {optOut: {allowed: false}}}`,
    'closed.yaml',
  ),
);

const [mode, policy, optOut] = ['podtemper.io/mode', 'podtemper.io/policy', 'podtemper.io/opt-out'];

/** What the page shows of them, zeroes left out: `podtemper_namespaces enforce 2`. */
async function shown(namespaces: readonly Record<string, string>[]): Promise<string[]> {
  const registry = new Registry();
  const rules = { policies, unlabelledMode: undefined, defaultPolicy: 'default' };
  registerNamespaceMetrics(registry, () => countNamespaces(namespaces, rules));
  return parseSamples(await registry.metrics())
    .filter(({ value }) => value > 0)
    .map(({ name, labels, value }) => `${name} ${Object.values(labels).join()} ${value}`);
}

describe('namespaces', () => {
  it('are all at 0 where there are none', async () => {
    expect(await shown([])).toEqual([]);
  });

  it('count by the mode in force; those without are asked nothing further', async () => {
    expect(
      await shown([
        {},
        { [optOut]: 'nonsense' },
        { [mode]: 'enforce' },
        { [mode]: 'enforce' },
        { [mode]: 'warn' },
      ]),
    ).toEqual([
      'podtemper_namespaces enforce 2',
      'podtemper_namespaces warn 1',
      'podtemper_namespaces none 2',
      'podtemper_opt_out_grants allowed 3',
    ]);
  });

  it('count by what their pods may opt out of, by label and by policy', async () => {
    const audit = { [mode]: 'audit' };
    expect(
      await shown([
        { ...audit, [optOut]: 'allowed' },
        { ...audit, [optOut]: 'denied' },
        { ...audit, [optOut]: 'resources.fsGroup' },
        { ...audit, [policy]: 'closed' },
      ]),
    ).toEqual([
      'podtemper_namespaces audit 4',
      'podtemper_opt_out_grants allowed 1',
      'podtemper_opt_out_grants some 1',
      'podtemper_opt_out_grants denied 2',
    ]);
  });

  it('count once for each label of theirs that means nothing', async () => {
    expect(
      await shown([
        { [mode]: 'enforced' },
        { [mode]: 'enforce', [policy]: 'open' },
        { [mode]: 'enforce', [optOut]: 'resource.nothing' },
      ]),
    ).toEqual([
      'podtemper_namespaces enforce 1',
      'podtemper_namespaces audit 2',
      'podtemper_opt_out_grants allowed 2',
      'podtemper_opt_out_grants denied 1',
      'podtemper_namespace_labels_ignored unknownMode 1',
      'podtemper_namespace_labels_ignored unknownPolicy 1',
      'podtemper_namespace_labels_ignored unknownGrant 1',
    ]);
  });
});
