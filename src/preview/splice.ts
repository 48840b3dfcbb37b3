import { isCollection, isMap, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { detectStyle, Printer, type Style } from './layout.js';
import { endOf, hasRange, pairOf, startOf } from './nodes.js';
import type { Path } from './paths.js';

/** A value to be added at a path of a document; `-` at its end appends to a list. */
export interface Addition {
  readonly path: Path;
  readonly value: unknown;
}

/** The text of a YAML document with values added to it, all else untouched to the letter: comments, blank lines,
 *  quotes. `tree` is that of the text, with offsets that count from `start` before it. Undefined where the place of
 *  an addition is not in the text as such, but comes of an alias or a merge. */
export function splice(
  text: string,
  tree: Node,
  start: number,
  additions: readonly Addition[],
): string | undefined {
  const writer = new Writer(text, tree, start);
  return additions.every((addition) => writer.add(addition)) ? writer.text() : undefined;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  /** How deep the addition is: of two at one place the deeper one comes first. */
  readonly depth: number;
  readonly text: string;
}

/** A collection into which something is to come. */
interface Place {
  readonly node: YAMLMap | YAMLSeq;
  readonly depth: number;
  readonly isInFlow: boolean;
  /** The pair whose value the node is, where it is one. */
  readonly owner: Pair | undefined;
}

class Writer {
  readonly #text: string;
  readonly #tree: Node;
  readonly #start: number;
  readonly #eol: string;
  readonly #style: Style;
  readonly #printer: Printer;
  readonly #edits: Edit[] = [];
  readonly #pending = new Map<Node, { place: Place; members: Addition[] }>();

  constructor(text: string, tree: Node, start: number) {
    [this.#text, this.#tree, this.#start] = [text, tree, start];
    this.#eol = text.includes('\r\n') ? '\r\n' : '\n';
    this.#style = detectStyle(tree, (node) => this.#columnOf(node));
    this.#printer = new Printer(this.#style, text);
  }

  /** Notes an addition down; false where there is no place for it. */
  add(addition: Addition): boolean {
    const place = this.#find(addition.path.slice(0, -1));
    if (place === undefined) return false;
    const pending = this.#pending.get(place.node) ?? { place, members: [] };
    pending.members.push(addition);
    this.#pending.set(place.node, pending);
    return true;
  }

  text(): string {
    for (const { place, members } of this.#pending.values()) this.#write(place, members);
    const pieces: string[] = [];
    let done = 0;
    for (const { from, to, text } of this.#edits.toSorted((a, b) => a.from - b.from || b.depth - a.depth)) {
      pieces.push(this.#text.slice(done, from), text);
      done = to;
    }
    return pieces.join('') + this.#text.slice(done);
  }

  #find(path: Path): Place | undefined {
    let node: unknown = this.#tree;
    let owner: Pair | undefined;
    let isInFlow = false;
    for (const key of path) {
      if (!isCollection(node)) return undefined;
      isInFlow ||= node.flow === true;
      owner = isMap(node) ? pairOf(node, String(key)) : undefined;
      node = isSeq(node) ? node.items[Number(key)] : owner?.value;
    }
    return isMap(node) || isSeq(node) ? { node, depth: path.length, isInFlow, owner } : undefined;
  }

  #write(place: Place, members: readonly Addition[]): void {
    const { node, owner, isInFlow, depth } = place;
    if (node.items.length === 0 && owner !== undefined && !isInFlow) {
      const values = members.map(({ path, value }) => [String(path.at(-1)), value] as const);
      const whole = isSeq(node) ? values.map(([, value]) => value) : Object.fromEntries(values);
      return this.#replace(owner, whole, depth, false);
    }
    const added: Addition[] = [];
    for (const member of members) {
      const pair = isMap(node) ? pairOf(node, String(member.path.at(-1))) : undefined;
      if (pair === undefined) added.push(member);
      else this.#replace(pair, member.value, depth + 1, isInFlow || node.flow === true);
    }
    if (added.length === 0) return;
    if (node.flow === true) this.#addToFlow(place, added);
    else this.#addToBlock(place, added);
  }

  #addToBlock({ node, depth }: Place, members: readonly Addition[]): void {
    const column = this.#columnOf(isMap(node) ? node.items[0]?.key : node);
    const lines = members.flatMap(({ path, value }) =>
      this.#printer.block(isSeq(node) ? [value] : { [String(path.at(-1))]: value }),
    );
    this.#insertLines(endOf(node) - this.#start, depth, lines, column);
  }

  #addToFlow({ node, depth }: Place, members: readonly Addition[]): void {
    const text = members
      .map(({ path, value }) => this.#printer.flow(isSeq(node) ? [value] : { [String(path.at(-1))]: value }))
      .join(', ');
    const last: unknown = node.items.at(-1);
    const from = (last === undefined ? startOf(node) + 1 : endOf(last)) - this.#start;
    this.#edits.push({
      from,
      to: from,
      depth,
      text: (last === undefined ? text : `, ${text}`) + this.#gapAfter(from),
    });
  }

  /** Puts another value in the place of a pair's. */
  #replace({ key, value }: Pair, replacement: unknown, depth: number, isInFlow: boolean): void {
    let from = (hasRange(value) ? startOf(value) : endOf(key)) - this.#start;
    const to = (hasRange(value) ? value.range[1] : endOf(key)) - this.#start;
    if (isInFlow || typeof replacement !== 'object' || replacement === null) {
      const gap = /\s/.test(this.#text[from - 1] ?? ' ') ? '' : ' ';
      this.#edits.push({
        from,
        to,
        depth,
        text: gap + this.#printer.flow([replacement]) + this.#gapAfter(to),
      });
      return;
    }
    // With the line break too, where the empty value has a line of its own. A comment keeps the blanks before it.
    while (this.#text[to] !== '#' && /\s/.test(this.#text[from - 1] ?? '')) from--;
    this.#edits.push({ from, to, depth, text: '' });
    const step = Array.isArray(replacement) && !this.#style.indentSeq ? 0 : this.#style.indent;
    this.#insertLines(to, depth, this.#printer.block(replacement), this.#columnOf(key) + step);
  }

  /** A comment needs a blank before it. */
  #gapAfter(end: number): string {
    return this.#text[end] === '#' ? ' ' : '';
  }

  /** Puts lines behind the line in which `end` is, each from that column on. */
  #insertLines(end: number, depth: number, lines: readonly string[], column: number): void {
    const indent = ' '.repeat(column);
    const text = lines.map((line) => (line === '' ? '' : indent + line)).join(this.#eol);
    const endsLine = end > 0 && this.#text[end - 1] === '\n';
    const lineEnd = endsLine ? end - 1 : this.#text.indexOf('\n', end);
    const from = lineEnd === -1 ? this.#text.length : lineEnd + 1;
    this.#edits.push({ from, to: from, depth, text: lineEnd === -1 ? this.#eol + text : text + this.#eol });
  }

  #columnOf(node: unknown): number {
    const offset = startOf(node) - this.#start;
    return offset - (this.#text.lastIndexOf('\n', offset - 1) + 1);
  }
}
