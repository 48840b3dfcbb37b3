import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { ManifestError, messageOf } from '../errors.js';
import type { ManifestFile } from '../preview/manifests.js';
import { checkUtf8 } from './utf8.js';

/** The name by which standard input goes. */
export const standardInput = 'stdin';

/** The manifests of files and folders, in their order; `-` is what `readInput` gives. Folders are searched through and
 *  through for YAML and JSON files. A file that is named again, by itself or by a folder of it, is read once. What cannot
 *  be read is among the faults. */
export async function readManifestFiles(
  paths: readonly string[],
  readInput: () => Promise<string>,
): Promise<{ files: ManifestFile[]; faults: ManifestError[] }> {
  const files: ManifestFile[] = [];
  const faults: ManifestError[] = [];
  const taken = new Set<string>();
  for (const path of new Set(paths)) {
    try {
      if (path === '-') files.push({ file: standardInput, text: await readInput() });
      else files.push(...(await readPath(path, taken)));
    } catch (cause) {
      if (cause instanceof ManifestError) faults.push(cause);
      else faults.push(unreadable(path, reasonOf(cause), cause));
    }
  }
  return { files, faults };
}

/** Adds what it reads to `taken`, and leaves out what is there already. */
async function readPath(path: string, taken: Set<string>): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const file of await listFiles(path)) {
    const place = resolve(file);
    if (!taken.has(place)) files.push({ file, text: await readText(file) });
    taken.add(place);
  }
  return files;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  checkUtf8(bytes, file);
  return bytes.toString();
}

async function listFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  // Links to folders are not followed, as they may lead round in a circle.
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(path, join(parentPath, name)))
    .filter(isManifestFile);
  if (names.length === 0) throw unreadable(path, 'no *.yaml, *.yml or *.json in it');
  return names.toSorted().map((name) => join(path, name));
}

/** Files and folders with a leading dot belong to other programs. */
function isManifestFile(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && !/(^|[\\/])\./.test(name);
}

/** Why the system would not read a path, in words. */
function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  return code === 'EACCES' ? 'a file that you may not read' : messageOf(error);
}

function unreadable(path: string, found: string, cause?: unknown): ManifestError {
  return new ManifestError(
    { where: path, expected: 'a manifest file or a folder of them', found },
    undefined,
    { cause },
  );
}
