import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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
  const attempt: Attempt = async (path, read) => {
    try {
      return await read();
    } catch (cause) {
      faults.push(
        cause instanceof ManifestError ? cause : unreadable(path, await reasonOf(cause, path), cause),
      );
      return undefined;
    }
  };
  const add = async (file: string, read: () => Promise<string>) => {
    const text = await attempt(file, read);
    if (text !== undefined) files.push({ file, text });
  };
  const taken = new Set<string>();
  for (const path of new Set(paths)) {
    if (path === '-') {
      await add(standardInput, readInput);
      continue;
    }
    for (const file of await listFiles(path, attempt)) {
      const place = resolve(file);
      if (!taken.has(place)) await add(file, () => readText(file));
      taken.add(place);
    }
  }
  return { files, faults };
}

/** Gives what `read` gives, or undefined once the fault at that path is noted down. */
type Attempt = <T>(path: string, read: () => Promise<T>) => Promise<T | undefined>;

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  checkUtf8(bytes, file);
  return bytes.toString();
}

async function listFiles(path: string, attempt: Attempt): Promise<string[]> {
  const files = await attempt(path, async () => {
    if (!(await stat(path)).isDirectory()) return [path];
    const found = await searchFolder(path, attempt);
    if (found.length === 0) throw unreadable(path, 'no *.yaml, *.yml or *.json in it');
    return found.toSorted();
  });
  return files ?? [];
}

/** All manifest files of a folder. Links to folders are not followed, as they may lead round in a circle, and what has a
 *  leading dot belongs to other programs. */
async function searchFolder(folder: string, attempt: Attempt): Promise<string[]> {
  const found: string[][] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) found.push((await attempt(path, () => searchFolder(path, attempt))) ?? []);
    else if (/\.(ya?ml|json)$/.test(entry.name)) found.push([path]);
  }
  return found.flat();
}

/** Why the system would not read a path, in words. */
async function reasonOf(error: unknown, path: string): Promise<string> {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return (await isLink(path)) ? 'a link to a file that is not there' : 'no such file';
  if (code === 'EISDIR') return 'a link to a folder, which is not followed';
  return code === 'EACCES' ? 'a file that you may not read' : messageOf(error);
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() === true;
}

function unreadable(path: string, found: string, cause?: unknown): ManifestError {
  return new ManifestError(
    { where: path, expected: 'a manifest file or a folder of them', found },
    undefined,
    { cause },
  );
}
