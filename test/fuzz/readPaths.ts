import { mutate } from '../../src/admission/mutate.js';
import { type NamespaceFacts, unknownNamespace } from '../../src/kubernetes.js';
import { planner } from '../admission/plans.js';
import { decodedRequest } from '../admission/reviews.js';

/** Keys and indexes that lead to a field of a pod. */
export type FieldPath = readonly (string | number)[];

/** A namespace whose LimitRange and quota make controls read what they would not otherwise. */
const strictNamespace: NamespaceFacts = {
  ...unknownNamespace('shop'),
  limitRanges: [
    {
      spec: {
        limits: [
          { type: 'Pod', max: { cpu: '64' } },
          { type: 'Container', max: { cpu: '9' } },
        ],
      },
    },
  ],
  resourceQuotas: [{ spec: { scopes: ['BestEffort'] } }],
};

/** Every field that is read of one of these pods when it is reviewed, found by watching: a new control is covered by
 *  itself. */
export function pathsRead(pods: readonly unknown[]): FieldPath[] {
  const paths = new Map<string, FieldPath>();
  const watcher = (path: FieldPath) => void paths.set(JSON.stringify(path), path);
  for (const pod of pods) {
    for (const facts of [unknownNamespace('shop'), strictNamespace])
      mutate(decodedRequest(watched(pod, [], watcher)), facts, planner());
  }
  return [...paths.values()];
}

function watched(value: unknown, path: FieldPath, onRead: (path: FieldPath) => void): unknown {
  onRead(path);
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const member = Reflect.get(target, key, receiver) as unknown;
      if (typeof key === 'symbol') return member;
      // What a list can do is no field of it.
      if (Array.isArray(target))
        return /^\d+$/.test(key) ? watched(member, [...path, Number(key)], onRead) : member;
      return watched(member, [...path, key], onRead);
    },
  });
}

/** A copy of the value in which that JSON stands at the path, with what leads there made where it is not. */
export function withJsonAt(value: unknown, path: FieldPath, json: string): string {
  const mark = '@json@';
  return JSON.stringify(replaced(value, path, mark)).replace(`"${mark}"`, () => json);
}

function replaced(value: unknown, path: FieldPath, mark: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return mark;
  if (typeof key === 'number') {
    const items: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [];
    items[key] = replaced(items[key], rest, mark);
    return items;
  }
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const inner = Object.hasOwn(members, key) ? (members as Record<string, unknown>)[key] : undefined;
  return { ...members, [key]: replaced(inner, rest, mark) };
}
