import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import { isMergeKey } from './value.js';

/** Whether anything in a tree comes of an alias or a merge. */
export function hasAliases(tree: Node | undefined): boolean {
  let isFound = false;
  visit(tree ?? null, {
    Alias: () => {
      isFound = true;
      return visit.BREAK;
    },
    Pair: (_key, { key }) => {
      isFound ||= isMergeKey(key);
    },
  });
  return isFound;
}

/** Writes out what aliases and merge keys of a sound document stand for, so that each place can be changed by itself. */
export function writeOutAliases(document: Document.Parsed): void {
  const anchored = new Map<string, Node>();
  visit(document, {
    // In the order of the text, so that an anchor which is used twice stands for what it last was.
    Alias: (_key, { source }) => copyOf(anchored.get(source)),
    Node: (_key, node) => {
      if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  visit(document, {
    Map: (_key, map) => {
      delete map.anchor;
      while (map.items.some(({ key }) => isMergeKey(key))) writeOutMerge(map);
    },
    Node: (_key, node) => {
      delete node.anchor;
    },
  });
}

/** Without the comments, which need no saying twice. */
function copyOf(node: Node | undefined): Node | undefined {
  const copy: unknown = node?.clone();
  if (!isNode(copy)) return undefined;
  visit(copy, {
    Node: (_key, inner) => {
      delete inner.anchor;
      delete inner.comment;
      delete inner.commentBefore;
    },
  });
  return copy;
}

function writeOutMerge(map: YAMLMap): void {
  const index = map.items.findIndex(({ key }) => isMergeKey(key));
  const merged = map.items[index]?.value;
  const sources: unknown[] = isSeq(merged) ? merged.items : [merged];
  const taken = new Set(map.items.filter(({ key }) => !isMergeKey(key)).map(({ key }) => nameOf(key)));
  const added: Pair[] = [];
  for (const pair of sources.flatMap((source) => (isMap(source) ? source.items : []))) {
    const name = nameOf(pair.key);
    if (taken.has(name)) continue;
    if (!isMergeKey(pair.key)) taken.add(name);
    added.push(pair.clone());
  }
  map.items.splice(index, 1, ...added);
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}
