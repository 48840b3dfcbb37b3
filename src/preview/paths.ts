/** Keys and indexes that lead from a value to one inside of it. */
export type Path = readonly (string | number)[];

/** What is at that path; undefined where the way ends before. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[key];
  }
  return current;
}

/** A copy of `value` with another value at a path that exists, sharing all the rest. */
export function withValueAt(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const replaced = withValueAt(valueAt(value, [key]), rest, replacement);
  if (Array.isArray(value)) return value.with(Number(key), replaced);
  return { ...(value as object), [key]: replaced };
}

/** JSON Pointer (RFC 6901) of a path. */
export function pointerOf(path: Path): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The path of a JSON Pointer, indexes as texts. */
export function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Whether two values of JSON are the same, whatever the order of their keys. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(valueAt(one, [key]), valueAt(other, [key])))
  );
}

/** The members of a mapping that are set. */
export function withoutNullMembers<T>(mapping: Readonly<Record<string, T | null>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(mapping).filter((entry): entry is [string, T] => entry[1] !== null),
  );
}
