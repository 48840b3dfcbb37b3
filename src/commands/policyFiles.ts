import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watchFolder } from '../certificates/folderWatch.js';
import { messageOf, PolicyError } from '../errors.js';
import { parsePolicies } from '../policy/load.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';

/** How often the files are looked at even if no change was reported, in milliseconds. */
const pollMilliseconds = 10_000;

/** The policies of a file, or of all YAML and JSON files of a folder.
 *  @throws PolicyError with file, line and column of the first fault, or for a name that is used twice */
export async function readPolicies(path: string): Promise<PolicyDocument[]> {
  return parseFiles(await readFiles(path));
}

/** Policies that follow their files. */
export interface WatchedPolicies {
  current(): PolicySet;
  close(): void;
}

/** The policies of a file or folder, kept up to date; what cannot be used leaves the last good ones in force.
 *  @throws PolicyError where there are none to start with */
export async function watchPolicies(
  path: string,
  onReload: (policies: PolicySet) => void,
  onError: (error: unknown) => void,
): Promise<WatchedPolicies> {
  const first = await readFiles(path);
  let digest = digestOf(first);
  let current = compilePolicies(parseFiles(first));
  const look = async () => {
    try {
      const files = await readFiles(path);
      const found = digestOf(files);
      if (found === digest) return;
      // Remembered before it is parsed, so that a fault is reported once and not at every look.
      digest = found;
      current = compilePolicies(parseFiles(files));
      onReload(current);
    } catch (error) {
      if (!(error instanceof PolicyError)) digest = messageOf(error);
      onError(error);
    }
  };
  const close = watchFolder(path, pollMilliseconds, look);
  return { current: () => current, close };
}

interface PolicyFile {
  readonly file: string;
  readonly text: string;
}

async function readFiles(path: string): Promise<PolicyFile[]> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const files = isFolder
      ? (await readdir(path))
          .filter(isPolicyFile)
          .toSorted()
          .map((name) => join(path, name))
      : [path];
    return await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
  } catch (cause) {
    const complaint = { where: path, expected: 'a policy file or a folder of them', found: messageOf(cause) };
    throw new PolicyError(complaint, undefined, { cause });
  }
}

/** Names with a leading dot are left out: the kubelet keeps its own links among the files of a ConfigMap. */
function isPolicyFile(name: string): boolean {
  return !name.startsWith('.') && /\.(ya?ml|json)$/.test(name);
}

function parseFiles(files: readonly PolicyFile[]): PolicyDocument[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ file, text }) => {
    const documents = parsePolicies(text, file);
    for (const { metadata } of documents) {
      const other = seen.get(metadata.name);
      if (other !== undefined) {
        const found = `"${metadata.name}" again, after ${other}`;
        throw new PolicyError({
          where: `${file}: metadata.name`,
          expected: 'a name of its own',
          found,
          advice: 'rename one',
        });
      }
      seen.set(metadata.name, file);
    }
    return documents;
  });
}

function digestOf(files: readonly PolicyFile[]): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}
