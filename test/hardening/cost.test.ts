import { describe, expect, it } from '@jest/globals';
import { harden } from '../../src/hardening/harden.js';
import { type Pod, type PodSpec, unknownNamespace } from '../../src/kubernetes.js';
import { planner } from '../admission/plans.js';

/** A list that counts how often its items are looked at. */
function counted<Item>(items: readonly Item[]): { readonly list: Item[]; readonly looks: () => number } {
  let looks = 0;
  const list = new Proxy([...items], {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { list, looks: () => looks };
}

/** How often hardening looks at the items of a list that stands in a pod, its whole report read. */
function looksAt<Item>(items: readonly Item[], specOf: (list: Item[]) => PodSpec): number {
  const { list, looks } = counted(items);
  const pod: Pod = { spec: specOf(list) };
  const facts = unknownNamespace('shop');
  const report = harden(pod, planner()(pod, facts), facts);
  expect(report.hardened.spec.containers[0]?.securityContext?.readOnlyRootFilesystem).toBe(true);
  return looks();
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the cost of a pod grows with its size, not with the square of it', () => {
  it.each<[string, (count: number) => number]>([
    [
      'in containers',
      (count) =>
        looksAt(
          numbered(count).map((index) => ({ name: `c${index}`, image: 'a' })),
          (containers) => ({ containers }),
        ),
    ],
    [
      'in volumes that took our names',
      (count) =>
        looksAt(
          numbered(count).map((index) => ({ name: `podtemper-tmp${index === 0 ? '' : `--${index + 1}`}` })),
          (volumes) => ({ containers: [{ name: 'app', image: 'a' }], volumes }),
        ),
    ],
  ])('%s', (_what, looks) => {
    expect(looks(100)).toBeGreaterThan(0);
    expect(looks(400) / looks(100)).toBeLessThan(5);
  });
});
