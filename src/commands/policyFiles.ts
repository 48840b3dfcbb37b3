import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { watchFolder } from '../certificates/folderWatch.js';
import { messageOf, PolicyError } from '../errors.js';
import { parsePolicyFiles, type PolicyFile } from '../policy/load.js';
import type { PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';

/** The policies of files, and of all YAML and JSON files of folders.
 *  @throws PolicyError with file, line and column of the first fault, or for a name that is used twice */
export async function readPolicies(...paths: string[]): Promise<PolicyDocument[]> {
  return parsePolicyFiles((await Promise.all(paths.map(readFiles))).flat());
}

/** Policies that follow their files. */
export interface WatchedPolicies {
  current(): PolicySet;
  close(): void;
}

/** How policies are followed. */
export interface WatchOptions {
  /** Makes a set of the documents.
   *  @throws PolicyError where it is of no use, like one without the policy that is used by default */
  readonly compile: (documents: readonly PolicyDocument[]) => PolicySet;
  readonly onReload: (policies: PolicySet) => void;
  /** Called once for each fault, however often it is found. */
  readonly onError: (error: unknown) => void;
  /** Longest time until a change is seen that the file system does not report; 10,000 if left out. */
  readonly pollMilliseconds?: number;
}

/** The policies of a file or folder, kept up to date; what cannot be used leaves the last good ones in force.
 *  @throws PolicyError where there are none to start with */
export async function watchPolicies(path: string, options: WatchOptions): Promise<WatchedPolicies> {
  const { compile, onReload, onError, pollMilliseconds = 10_000 } = options;
  const first = await look(path);
  let { digest } = first;
  let current = compile(first.read());
  const reload = async () => {
    const finding = await look(path);
    if (finding.digest === digest) return;
    digest = finding.digest;
    try {
      current = compile(finding.read());
      onReload(current);
    } catch (error) {
      onError(error);
    }
  };
  // A file may be replaced by another of its name, or go away for a while: its folder sees that, the file does not.
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  const close = watchFolder(folder, pollMilliseconds, reload);
  return { current: () => current, close };
}

/** What a look at the files found. `digest` tells two findings apart, also where nothing could be read. */
interface Finding {
  readonly digest: string;
  /** @throws PolicyError */
  readonly read: () => PolicyDocument[];
}

async function look(path: string): Promise<Finding> {
  try {
    const files = await readFiles(path);
    return { digest: digestOf(files), read: () => parsePolicyFiles(files) };
  } catch (error) {
    const read = () => {
      throw error;
    };
    return { digest: messageOf(error), read };
  }
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

function digestOf(files: readonly PolicyFile[]): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}
