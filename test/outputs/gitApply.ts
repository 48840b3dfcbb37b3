import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ManifestFile } from '../../src/preview/manifests.js';

const run = promisify(execFile);

/** The files as `git apply` leaves them, which looks for each hunk where its context says, and nowhere else. Rejects
 *  where it does not take the diff. */
export async function gitApply(files: readonly ManifestFile[], diff: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'podtemper-diff-'));
  try {
    for (const { file, text } of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    await writeFile(join(folder, 'a.diff'), diff);
    await run('git', ['apply', '--whitespace=nowarn', 'a.diff'], { cwd: folder });
    return await Promise.all(files.map(({ file }) => readFile(join(folder, file), 'utf8')));
  } finally {
    await rm(folder, { recursive: true });
  }
}
