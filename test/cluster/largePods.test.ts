import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { barePod, hardenedAnnotation, modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

let cluster: Cluster;
let installation: Installation;
let namespace: string;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
  namespace = await installation.createNamespace('large', { [modeLabel]: 'enforce' });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** Really creates a pod whose environment takes so many bytes: a dry run stores nothing, whatever its size. */
function create(name: string, bytes: number, into: string) {
  const [container] = barePod.spec.containers;
  const containers = [{ ...container, env: [{ name: 'LARGE', value: 'x'.repeat(bytes) }] }];
  return cluster.request<V1Pod>('POST', `/api/v1/namespaces/${into}/pods`, {
    metadata: { name },
    spec: { containers },
  });
}

describe('a pod nearly as large as one that can be stored', () => {
  it('is admitted, hardened or not, where it is without us', async () => {
    const without = await installation.createNamespace('large-apart', {});
    const seen: string[] = [];
    for (const bytes of [1_560_000, 1_567_000, 1_569_000, 1_570_500, 1_571_500, 1_573_000]) {
      const alone = await create(`alone-${bytes}`, bytes, without);
      const ours = await create(`ours-${bytes}`, bytes, namespace);
      expect([bytes, ours.status]).toEqual([bytes, alone.status]);
      const isHardened = ours.body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
      seen.push(`${ours.status} ${isHardened ? 'hardened' : 'as it is'}`);
    }
    // Otherwise the sizes were none to learn from.
    expect(new Set(seen.map((one) => one.slice(0, 7)))).toEqual(new Set(['201 har', '201 as ', '500 as ']));
  });
});
