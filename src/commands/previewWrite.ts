import { writeFile } from 'node:fs/promises';
import { ManifestError, messageOf, UsageError } from '../errors.js';
import { count } from '../outputs/words.js';
import type { ManifestFile } from '../preview/manifests.js';
import { hasAliases } from '../preview/aliases.js';
import { pathOf } from '../preview/paths.js';
import type { Preview, PreviewDocument } from '../preview/preview.js';
import type { LiveReference } from './liveReferences.js';
import type { Progress } from './progress.js';
import { standardInput } from './manifestFiles.js';

/** What became of the files. */
export interface Written {
  /** One line a file. */
  readonly lines: readonly string[];
  /** Files that were left as they are, and why. */
  readonly faults: readonly ManifestError[];
}

/** The cluster is only read.
 *  @throws UsageError where a live object is to be written */
export function refuseToWrite([live]: readonly LiveReference[]): void {
  if (live === undefined) return;
  const advice = 'print what would be written with -o yaml';
  throw new UsageError({ where: '--write', expected: 'manifest files', found: live.text, advice });
}

/** Writes what hardening adds into the files themselves. In YAML every other line stays as it is, comments and all; JSON
 *  is written anew with its own indentation. A file that could not be read in full, or where an addition has no place
 *  of its own, is left alone.
 *  @throws UsageError where one of them is standard input */
export async function writeHardened(
  files: readonly ManifestFile[],
  shown: Preview,
  progress: Progress,
): Promise<Written> {
  if (files.some(({ file }) => file === standardInput)) {
    const advice = 'name the files, or print what would be written with -o yaml';
    throw new UsageError({ where: '--write', expected: 'manifest files', found: 'standard input', advice });
  }
  const broken = new Set(shown.faults.map(({ position }) => position?.file));
  const lines: string[] = [];
  const faults: ManifestError[] = [];
  for (const [index, { file }] of files.entries()) {
    progress.step('writing', index, files.length);
    if (broken.has(file)) continue;
    const documents = shown.documents.filter(({ source }) => source.file === file);
    const fault = documents.map(faultOf).find((one) => one !== undefined);
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    const fields = documents.flatMap(({ items }) => items.flatMap(({ patch }) => patch)).length;
    try {
      if (fields > 0) await writeFile(file, documents.map(textOf).join(''));
      lines.push(`${file}: ${fields === 0 ? 'nothing to add' : `${count(fields, 'addition')} written`}`);
    } catch (cause) {
      const complaint = { where: file, expected: 'a file that can be written', found: messageOf(cause) };
      faults.push(new ManifestError(complaint, undefined, { cause }));
    }
  }
  return { lines, faults };
}

/** The text of a document in its file, hardened. */
function textOf(document: PreviewDocument): string {
  return document.items.some(({ patch }) => patch.length > 0)
    ? document.rewrite().after
    : document.source.text;
}

function faultOf(document: PreviewDocument): ManifestError | undefined {
  const { source, items } = document;
  if (source.format === 'json' || !items.some(({ patch }) => patch.length > 0)) return undefined;
  if (!document.rewrite().isAnew) return undefined;
  const isCut = items.some(({ patch }) => patch.some(({ op }) => op === 'remove'));
  const why = isCut ? cut : hasAliases(source.contents) ? brought : odd;
  return new ManifestError(
    { where: '--write', ...why },
    source.positionOf(items[0] === undefined ? [] : pathOf(items[0].pointer)),
  );
}

const brought = {
  expected: 'a place of its own for each addition',
  found: 'one that an alias (*name) or a merge (<<) brings in',
  advice: 'write out what it stands for, or take what -o yaml prints',
};

const odd = {
  expected: 'a place of its own for each addition',
  found: 'a form of YAML into which it cannot be put',
  advice: 'write each key as "key: value", or take what -o yaml prints',
};

const cut = {
  expected: 'something to add only',
  found: 'the token volume of a running pod, which would go',
  advice: 'take it out with its mounts, or take what -o yaml prints',
};
