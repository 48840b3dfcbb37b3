import { type Alias, isAlias, isCollection, isMap, isScalar, isSeq, Scalar, type YAMLMap } from 'yaml';
import { detach } from '../detach.js';
import { startOf } from './nodes.js';

/** What is wrong with a node, and where: an offset into the text. */
export class ValueFault extends Error {
  readonly offset: number;
  readonly expected: string;
  readonly found: string;
  readonly advice: string;

  constructor(node: unknown, expected: string, found: string, advice: string) {
    super(found);
    this.offset = startOf(node);
    [this.expected, this.found, this.advice] = [expected, found, advice];
  }
}

/** Most values that aliases may stand for in one document: a bomb says much with few words. */
const maxAliased = 100_000;

/** A key that its mapping has already: the last one counts, as for kubectl. */
export interface Duplicate {
  readonly name: string;
  readonly offset: number;
}

/** The plain value of a node of a depth that the reader has bounded, as Kubernetes' YAML reader gives it.
 *  @throws ValueFault for what JSON cannot say (odd keys) and for a bad alias */
export function valueOf(node: unknown, onDuplicate: (duplicate: Duplicate) => void): unknown {
  return new Evaluation(onDuplicate).evaluate(node);
}

/** Whether a key is the merge key `<<`. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN;
}

interface Anchored {
  readonly value: unknown;
  readonly count: number;
}

class Evaluation {
  readonly #onDuplicate: (duplicate: Duplicate) => void;
  readonly #anchors = new Map<string, Anchored | 'open'>();
  #count = 0;
  #aliased = 0;

  constructor(onDuplicate: (duplicate: Duplicate) => void) {
    this.#onDuplicate = onDuplicate;
  }

  evaluate(node: unknown): unknown {
    if (isAlias(node)) return this.#resolve(node);
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor === undefined) return this.#plain(node);
    this.#anchors.set(anchor, 'open');
    const before = this.#count;
    const value = this.#plain(node);
    this.#anchors.set(anchor, { value, count: this.#count - before });
    return value;
  }

  #plain(node: unknown): unknown {
    this.#count++;
    if (isMap(node)) return this.#mapping(node);
    if (isSeq(node)) return node.items.map((item) => this.evaluate(item));
    if (!isScalar(node)) return null;
    // The YAML reader's texts are parts of the manifest.
    return typeof node.value === 'string' ? detach(node.value) : node.value;
  }

  #resolve(alias: Alias): unknown {
    const { source } = alias;
    const anchored = this.#anchors.get(source);
    if (anchored === undefined) {
      throw new ValueFault(
        alias,
        'an anchor that stands before it',
        `*${source}`,
        `write &${source} where it is defined`,
      );
    }
    if (anchored === 'open') {
      throw new ValueFault(
        alias,
        'an alias of something else',
        `*${source} inside of &${source}`,
        'write it out',
      );
    }
    this.#count += anchored.count;
    this.#aliased += anchored.count;
    if (this.#aliased > maxAliased) {
      const expected = `aliases that stand for ${maxAliased} values at most`;
      throw new ValueFault(alias, expected, 'more', 'write out what they stand for');
    }
    return copyOf(anchored.value);
  }

  #mapping(map: YAMLMap): Record<string, unknown> {
    const members = new Map<string, unknown>();
    const own = new Set<string>();
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        for (const [name, member] of this.#merged(value)) members.set(name, member);
        continue;
      }
      const name = this.#key(key, map);
      if (own.has(name)) this.#onDuplicate({ name, offset: startOf(key) });
      own.add(name);
      members.set(name, this.evaluate(value));
    }
    // Not by assignment: a key __proto__ would set the prototype.
    return Object.fromEntries(members);
  }

  /** As go-yaml does, and YAML does not say: what is merged wins over what stands before it. */
  #merged(node: unknown): [string, unknown][] {
    const value = this.evaluate(node);
    // Of several mappings the first wins, so it comes last.
    const sources: unknown[] = Array.isArray(value) ? value.toReversed() : [value];
    return sources.flatMap((source) => {
      if (typeof source === 'object' && source !== null && !Array.isArray(source))
        return Object.entries(source);
      throw new ValueFault(node, 'a mapping, or a list of them', 'something else', 'merge mappings with <<');
    });
  }

  #key(node: unknown, map: YAMLMap): string {
    const key = this.evaluate(node);
    if (typeof key === 'string') return key;
    if (typeof key === 'number' || typeof key === 'boolean') return String(key);
    throw new ValueFault(
      node ?? map,
      'a text as key',
      key === null ? 'null' : 'a collection',
      'write the key in quotes',
    );
  }
}

/** What an alias stands for is a value of its own, so that a change of one does not change the other. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]));
}
