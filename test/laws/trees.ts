import { annotationKeys, type Pod } from '../../src/kubernetes.js';

/** A JSON object, whatever its fields. */
export type Tree = Readonly<Record<string, unknown>>;

/** One value that is not an object or a list, or an empty one of these, and the keys that lead to it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** All leaves of a value, in order. */
export function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  const entries = Object.entries(value);
  if (entries.length === 0) return [{ path, value }];
  return entries.flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** Where the leaves are that stand in one value and not, or otherwise, in the other; null is nothing. Quick where they
 *  share most of what they hold. */
export function differences(
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): (readonly string[])[] {
  if (before === after) return [];
  const isPair = isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after);
  if (!isPair) return leavesOf(after ?? before, path).map((leaf) => leaf.path);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    differences(before[key] ?? undefined, after[key] ?? undefined, [...path, key]),
  );
}

function isContainer(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null;
}

/** What stands at a path, or undefined where nothing does. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let current = root;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Tree)[key];
  }
  return current;
}

/** The value itself, frozen to the last leaf, so that a write into it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** A copy without the named fields. */
export function omit<T extends object>(value: T, ...keys: readonly string[]): T {
  const left = Object.entries(value).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(left) as unknown as T;
}

/** The value without the fields that are null or undefined, as the API server drops them; itself where it has none. */
export function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutNulls<unknown>(item));
    return items.some((item, index) => item !== value[index]) ? (items as unknown as T) : value;
  }
  const left: Record<string, unknown> = {};
  let isSame = true;
  for (const [key, child] of Object.entries(value)) {
    const kept: unknown = withoutNulls<unknown>(child);
    if (kept !== null && kept !== undefined) left[key] = kept;
    isSame &&= kept === child && kept !== null && kept !== undefined;
  }
  return isSame ? value : (left as unknown as T);
}

/** A path as controls declare what they write: from the spec's root, init containers counted as containers, and
 *  each index as `[*]`: `containers[*].securityContext.capabilities.drop[*]`. */
export function patternOf(path: readonly string[]): string {
  const [first = '', ...rest] = path[0] === 'spec' ? path.slice(1) : path;
  const root = first === 'initContainers' ? 'containers' : first;
  return rest.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[*]` : `${text}.${key}`), root);
}

/** The keys of a JSON Pointer (RFC 6901). */
export function keysOfPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The same pod with other values for some fields of its spec. */
export function withSpec(pod: Pod, spec: Partial<Pod['spec']>): Pod {
  return { ...pod, spec: { ...pod.spec, ...spec } };
}

/** Where the annotation stands that names policy and controls. */
export const markPath = ['metadata', 'annotations', annotationKeys.hardened];

/** Whether two paths lead to one place. */
export function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
