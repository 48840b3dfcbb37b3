import { Composer, type Document, isMap, isNode, isSeq, Lexer, type Node, Parser, stringify } from 'yaml';
import type { ManifestError, Position } from '../errors.js';
import { splitJson } from './jsonStream.js';
import { pairOf } from './nodes.js';
import type { Path } from './paths.js';
import { Places } from './places.js';
import { kubernetesScalars } from './scalars.js';
import { syntaxComplaint } from './syntaxComplaint.js';
import { type Duplicate, ValueFault, valueOf } from './value.js';

/** One document of a manifest file. */
export interface SourceDocument {
  readonly file: string;
  readonly format: 'yaml' | 'json';
  /** Its part of the file's text: those of all documents, one after the other, are the file. */
  readonly text: string;
  /** Where that part begins in the file. */
  readonly start: number;
  /** Undefined where it holds nothing, or could not be read. */
  readonly value: unknown;
  /** Its tree, with offsets into the file's text; undefined for JSON and where it could not be read. */
  readonly contents: Node | undefined;
  /** Where the value of that path stands, or else the nearest thing around it. */
  positionOf(path: Path): Position;
}

/** A text as far as it could be read. */
export interface Reading {
  readonly documents: readonly SourceDocument[];
  readonly faults: readonly ManifestError[];
  /** What Kubernetes takes, but hardly anybody means. */
  readonly warnings: readonly ManifestError[];
}

/** Deepest nesting that is read. Well below what overflows the stack of the `yaml` package, which is not always
 *  caught: inside of a regular expression it ends the process. */
const maxDepth = 200;

/** The documents of a YAML or JSON text, as kubectl reads them. Documents with a fault have no value. */
export function readDocuments(text: string, file: string): Reading {
  const places = new Places(text, file);
  const objects = splitJson(text, maxDepth);
  if (objects === undefined) return readYaml(text, file, places);
  const ends = objects.map(({ end }) => withLineBreak(text, end));
  const documents = objects.map(({ start, end, value }, index): SourceDocument => {
    const partStart = ends[index - 1] ?? 0;
    const part = text.slice(partStart, index === objects.length - 1 ? undefined : ends[index]);
    // Only a position needs the tree, so that a long `kubectl get -o json` is read at the speed of JSON.
    let tree: unknown;
    const positionOf = (path: Path) =>
      places.at(start + offsetIn((tree ??= parseJson(text.slice(start, end))), path));
    return { file, format: 'json', text: part, start: partStart, value, contents: undefined, positionOf };
  });
  return { documents, faults: [], warnings: [] };
}

function readYaml(text: string, file: string, places: Places): Reading {
  let parsed: Document.Parsed[];
  try {
    parsed = compose(text);
  } catch (error) {
    if (!(error instanceof DepthFault)) throw error;
    const complaint = { where: 'nesting', expected: `${maxDepth} levels at most`, found: 'more' };
    return { documents: [], faults: [places.error(error.offset, complaint)], warnings: [] };
  }
  const faults: ManifestError[] = [];
  const warnings: ManifestError[] = [];
  const ends = parsed.map(({ range }) => withLineBreak(text, range[2]));
  const documents = parsed.map((document, index): SourceDocument => {
    const start = ends[index - 1] ?? 0;
    const part = text.slice(start, index === parsed.length - 1 ? undefined : ends[index]);
    const value = read(document, places, faults, warnings);
    const contents = value === undefined ? undefined : (document.contents ?? undefined);
    const positionOf = (path: Path) => places.at(offsetIn(document.contents, path));
    return { file, format: 'yaml', text: part, start, value, contents, positionOf };
  });
  return { documents, faults, warnings };
}

/** The offset behind the line break that stands at `end`: an empty document ends with its `---`, before it. */
function withLineBreak(text: string, end: number): number {
  if (end === 0 || text[end - 1] === '\n') return end;
  return end + (/^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0);
}

/** Most warnings of one document. */
const maxWarnings = 20;

/** The value of a document; its first fault is added to `faults`. */
function read(
  document: Document.Parsed,
  places: Places,
  faults: ManifestError[],
  warnings: ManifestError[],
): unknown {
  const [error] = document.errors;
  if (error !== undefined) {
    faults.push(places.syntaxError(error.pos[0], syntaxComplaint(error)));
    return undefined;
  }
  const duplicates: Duplicate[] = [];
  try {
    const value = valueOf(document.contents, (duplicate) => duplicates.push(duplicate));
    for (const duplicate of duplicates.slice(0, maxWarnings)) warnings.push(warningOf(duplicate, places));
    return value;
  } catch (fault) {
    if (!(fault instanceof ValueFault)) throw fault;
    const { offset, expected, found, advice } = fault;
    faults.push(places.syntaxError(offset, { where: 'manifest', expected, found, advice }));
    return undefined;
  }
}

function warningOf({ name, offset }: Duplicate, places: Places): ManifestError {
  const advice =
    name === 'apiVersion'
      ? 'write --- between two objects'
      : 'Kubernetes takes the last one; remove one of the two';
  return places.error(offset, {
    where: 'manifest',
    expected: 'each key once',
    found: `"${name}" again`,
    advice,
  });
}

/** JSON is YAML but for tabs, which can only stand between its tokens. */
function parseJson(text: string): unknown {
  return composeOne(text.replaceAll('\t', ' '))?.contents;
}

/** The tree, with comments, of a text with one document that is known to be sound. */
export function composeOne(text: string): Document.Parsed | undefined {
  return compose(text)[0];
}

/** A value as YAML that Kubernetes and readers of YAML 1.2 understand alike. */
export function printYaml(value: unknown): string {
  return print(value, false);
}

/** The same with the keys of all mappings in the order of their names, so that two values can be compared. */
export function printSortedYaml(value: unknown): string {
  return print(value, true);
}

function print(value: unknown, isSorted: boolean): string {
  return stringify(value, {
    ...kubernetesScalars,
    compat: 'yaml-1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: isSorted,
  });
}

class DepthFault extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super('nested too deeply');
    this.offset = offset;
  }
}

function compose(text: string): Document.Parsed[] {
  // Its own check of unique keys takes time that grows with the square of their number; valueOf looks at them.
  const composer = new Composer({ ...kubernetesScalars, prettyErrors: false, uniqueKeys: false });
  return [...composer.compose(tokensOf(text))];
}

function* tokensOf(text: string) {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > maxDepth) throw new DepthFault(parser.offset);
  }
  yield* parser.end();
}

function childOf(node: unknown, key: string | number): unknown {
  return isMap(node) ? pairOf(node, String(key))?.value : isSeq(node) ? node.items[Number(key)] : undefined;
}

function offsetIn(root: unknown, path: Path): number {
  let node: unknown = root;
  let offset = 0;
  for (const key of [undefined, ...path]) {
    if (key !== undefined) node = childOf(node, key);
    if (!isNode(node) || node.range == null) break;
    offset = node.range[0];
  }
  return offset;
}
