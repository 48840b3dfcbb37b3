import { Document, isCollection, isMap, isPair, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { kubernetesScalars } from './scalars.js';

/** How a YAML document indents. */
export interface Style {
  readonly indent: number;
  /** Whether a list is indented below its key. */
  readonly indentSeq: boolean;
}

const options = { ...kubernetesScalars, compat: 'yaml-1.1' } as const;

/** Prints values as a text does. */
export class Printer {
  readonly #style: Style;
  readonly #flowCollectionPadding: boolean;
  readonly #printed = new Map<string, readonly string[]>();

  constructor(style: Style, text: string) {
    [this.#style, this.#flowCollectionPadding] = [style, isPadded(text)];
  }

  /** A value in block style, a string for each line. What many containers get alike is printed once. */
  block(value: unknown): readonly string[] {
    const key = JSON.stringify(value);
    const printed = this.#printed.get(key) ?? this.#print(new Document(value, options)).split('\n');
    this.#printed.set(key, printed);
    return printed;
  }

  /** The members of a list or mapping in flow style, without its brackets. */
  flow(collection: object): string {
    const document = new Document(collection, options);
    if (isCollection(document.contents)) document.contents.flow = true;
    return this.#print(document).slice(1, -1).trim();
  }

  #print(document: Document): string {
    const flowCollectionPadding = this.#flowCollectionPadding;
    return document.toString({ lineWidth: 0, flowCollectionPadding, ...this.#style }).trim();
  }
}

/** Whether a text has blanks inside of its brackets: `{ a: 1 }`. */
export function isPadded(text: string): boolean {
  return /[{[] +[^ ]/.test(text) || !/[{[][\w"']/.test(text);
}

/** How a tree is indented, as far as its first nested mappings and lists show it; as most manifests are, where they
 *  do not. `columnOf` gives the column in which a node begins. */
export function detectStyle(tree: unknown, columnOf: (node: unknown) => number): Style {
  let indent: number | undefined;
  let indentSeq: boolean | undefined;
  for (const { key, value } of blockPairsOf(tree)) {
    const step = columnOf(isMap(value) ? value.items[0]?.key : value) - columnOf(key);
    if (isMap(value)) indent ??= step;
    else indentSeq ??= step > 0;
    if (indent !== undefined && indentSeq !== undefined) break;
  }
  return { indent: Math.max(indent ?? 2, 1), indentSeq: indentSeq ?? false };
}

/** The pairs, anywhere in a tree, whose value is a collection in block style. */
function* blockPairsOf(tree: unknown): Generator<Pair> {
  const rest: unknown[] = [tree];
  while (rest.length > 0) {
    const node = rest.pop();
    if (!isBlock(node)) continue;
    for (const item of node.items) {
      const value: unknown = isPair(item) ? item.value : item;
      rest.push(value);
      if (isPair(item) && isBlock(value)) yield item;
    }
  }
}

function isBlock(node: unknown): node is YAMLMap | YAMLSeq {
  return isCollection(node) && node.flow !== true;
}
