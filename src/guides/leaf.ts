/** The way to the first field of a tree that is no mapping itself. */
export function firstLeafOf(tree: object): readonly string[] {
  const [first] = Object.entries(tree);
  if (first === undefined) return [];
  const [key, value] = first as [string, unknown];
  return isTree(value) ? [key, ...firstLeafOf(value)] : [key];
}

/** What is at that path; undefined where the way ends before. */
export function leafAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTree(value) ? Reflect.get(value, key) : undefined), tree);
}

/** A value in the words of a manifest, on one line: `requests: {cpu: 50m}`. */
export function spellTree(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spellTree).join(', ')}]`;
  return isTree(value) ? `{${spellFields(value)}}` : String(value);
}

/** The fields of a tree, without its braces. */
export function spellFields(tree: object): string {
  return Object.entries(tree)
    .map(([key, value]) => `${key}: ${spellTree(value)}`)
    .join(', ');
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
