import { FILE_HEADERS_ONLY, formatPatch, structuredPatch, type StructuredPatchHunk } from 'diff';
import type { Preview, PreviewDocument } from '../preview/preview.js';
import { plain, type Style } from './style.js';

/** What hardening would change in each file, as a unified diff that `git apply` and `patch -p1` accept. Empty where
 *  nothing changes. */
export function renderDiff(
  { documents }: Preview,
  { style = plain }: { readonly style?: Style } = {},
): string {
  const files = new Map<string, PreviewDocument[]>();
  for (const document of documents) {
    const parts = files.get(document.source.file);
    if (parts === undefined) files.set(document.source.file, [document]);
    else parts.push(document);
  }
  return [...files].map(([file, parts]) => diffOf(file, parts, style)).join('');
}

function diffOf(file: string, documents: readonly PreviewDocument[], style: Style): string {
  const hunks: StructuredPatchHunk[] = [];
  let [oldLines, newLines] = [0, 0];
  // Document by document, so that the time grows with the length of the text and not with its square.
  for (const document of documents) {
    const { before, after } = document.rewrite();
    for (const hunk of hunksOf(before, after)) {
      hunks.push({ ...hunk, oldStart: hunk.oldStart + oldLines, newStart: hunk.newStart + newLines });
    }
    oldLines += before.split('\n').length - 1;
    newLines += after.split('\n').length - 1;
  }
  if (hunks.length === 0) return '';
  const name = file.replace(/^\.?\//, '');
  return printDiff(`a/${name}`, `b/${name}`, hunks, style);
}

/** A unified diff of two texts; empty where they are the same. */
export function diffTexts(
  before: { readonly name: string; readonly text: string },
  after: { readonly name: string; readonly text: string },
  style: Style = plain,
): string {
  const hunks = hunksOf(before.text, after.text);
  return hunks.length === 0 ? '' : printDiff(before.name, after.name, hunks, style);
}

function printDiff(
  oldFileName: string,
  newFileName: string,
  hunks: StructuredPatchHunk[],
  style: Style,
): string {
  const patch = { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks };
  return paint(formatPatch(patch, FILE_HEADERS_ONLY), style);
}

/** Longest search for the shortest diff of one document, in milliseconds; after it the whole document is replaced. */
const timeout = 500;

function hunksOf(before: string, after: string): StructuredPatchHunk[] {
  if (before === after) return [];
  const shortest = structuredPatch('', '', before, after, '', '', { context: 3, timeout });
  if (shortest !== undefined) return shortest.hunks;
  const removed = structuredPatch('', '', before, '', '', '').hunks.flatMap(({ lines }) => lines);
  const added = structuredPatch('', '', '', after, '', '').hunks.flatMap(({ lines }) => lines);
  const count = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('\\')).length;
  return [
    {
      oldStart: 1,
      oldLines: count(removed),
      newStart: 1,
      newLines: count(added),
      lines: [...removed, ...added],
    },
  ];
}

function paint(patch: string, style: Style): string {
  if (style === plain) return patch;
  return patch
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return style('bold', line);
      if (line.startsWith('@@')) return style('cyan', line);
      if (line.startsWith('+')) return style('green', line);
      return line.startsWith('-') ? style('red', line) : line;
    })
    .join('\n');
}
