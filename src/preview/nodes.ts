import { isAlias, isCollection, isPair, isScalar, type Pair, type YAMLMap } from 'yaml';

/** Where the text of a node begins. */
export function startOf(node: unknown): number {
  return hasRange(node) ? node.range[0] : 0;
}

/** Where the text of a node ends, without what follows in its last line. */
export function endOf(node: unknown): number {
  let last: unknown = node;
  for (;;) {
    if (isCollection(last) && last.flow !== true && last.items.length > 0) last = last.items.at(-1);
    else if (isPair(last)) last = hasRange(last.value) ? last.value : last.key;
    else return hasRange(last) ? last.range[1] : 0;
  }
}

/** Whether a node stands in the text. */
export function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return (isScalar(node) || isAlias(node) || isCollection(node)) && node.range != null;
}

/** The pair of a mapping that has that key; of several the last, which counts. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
