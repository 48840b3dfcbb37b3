import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk } from 'diff';
import type { Preview, PreviewDocument } from '../preview/preview.js';
import { hunksOf } from './hunks.js';
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
  const hunks = hunksOf(documents.map((document) => document.rewrite()));
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
  const hunks = hunksOf([{ before: before.text, after: after.text }]);
  return hunks.length === 0 ? '' : printDiff(before.name, after.name, hunks, style);
}

function printDiff(
  oldFileName: string,
  newFileName: string,
  hunks: StructuredPatchHunk[],
  style: Style,
): string {
  const patch = { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks };
  return paint(withTabs(formatPatch(patch, FILE_HEADERS_ONLY)), style);
}

/** GNU patch takes a name with blanks to end at the first of them, unless a tab comes after it. */
function withTabs(patch: string): string {
  return patch.replace(/^(--- [^"\n]* [^"\n]*)\n(\+\+\+ [^"\n]* [^"\n]*)\n/, '$1\t\n$2\t\n');
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
