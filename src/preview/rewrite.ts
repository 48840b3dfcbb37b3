import { writeOutAliases } from './aliases.js';
import { isPadded } from './layout.js';
import { isEqual, type Path } from './paths.js';
import { type Addition, splice } from './splice.js';
import { composeOne, printYaml, readDocuments, type SourceDocument } from './yaml.js';

/** A document's text as it was read, to the letter, and as it is with hardening. */
export interface Rewritten {
  readonly before: string;
  readonly after: string;
  /** Whether lines that hardening has nothing to do with were written otherwise: JSON is, and YAML where aliases are in
   *  the way or something is to go. */
  readonly isAnew: boolean;
}

/** What becomes of a document: additions first, then the removals, each list from its end. */
export interface Edits {
  readonly additions: readonly Addition[];
  readonly removals: readonly Path[];
}

/** The document with those edits, which make it the value `hardened`. Of a YAML document all else stays as it is
 *  written, unless aliases are in the way or something is to go; JSON is written anew. */
export function rewrite(source: SourceDocument, edits: Edits, hardened: unknown): Rewritten {
  const { format, text } = source;
  const { additions, removals } = edits;
  if (additions.length + removals.length === 0) return { before: text, after: text, isAnew: false };
  if (format === 'json') return { before: text, after: printJson(hardened, text), isAnew: true };
  return { before: text, ...editYaml(source, edits, hardened) };
}

/** With the indentation and the line ends of the text, and the blanks around it. */
function printJson(value: unknown, text: string): string {
  const indent = /^\s*\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const lines = JSON.stringify(value, undefined, indent);
  const [start = ''] = /^\s*/.exec(text) ?? [];
  return (
    start +
    (text.includes('\r\n') ? lines.replaceAll('\n', '\r\n') : lines) +
    text.slice(text.trimEnd().length)
  );
}

/** As it is written; else with its aliases written out; and should both go wrong, printed anew from its value. */
function editYaml(
  { text, start, contents }: SourceDocument,
  { additions, removals }: Edits,
  hardened: unknown,
): Omit<Rewritten, 'before'> {
  const holds = (candidate: string | undefined): candidate is string =>
    candidate !== undefined &&
    readDocuments(candidate, '').documents.some(({ value }) => isEqual(value, hardened));
  const asWritten = without(contents && splice(text, contents, start, additions), removals);
  if (holds(asWritten)) return { after: asWritten, isAnew: removals.length > 0 };
  const document = composeOne(text);
  if (document !== undefined) {
    writeOutAliases(document);
    const plain = document.toString({ lineWidth: 0, flowCollectionPadding: isPadded(text) });
    const tree = composeOne(plain)?.contents;
    const added = without(tree ? splice(plain, tree, 0, additions) : undefined, removals);
    if (holds(added)) return { after: added, isAnew: true };
  }
  return { after: `---\n${printYaml(hardened)}`, isAnew: true };
}

/** The text without what stands at those paths: with its comments, and indented evenly. */
function without(text: string | undefined, removals: readonly Path[]): string | undefined {
  if (text === undefined || removals.length === 0) return text;
  const document = composeOne(text);
  if (document === undefined) return undefined;
  for (const path of removals) document.deleteIn(path);
  return document.toString({ lineWidth: 0, flowCollectionPadding: isPadded(text) });
}
