import {
  mkdtempSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files by name. */
export type Files = Readonly<Record<string, string>>;

/** A new folder under the system's temporary one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'podtemper-certificates-'));
}

/** Writes plain files. */
export function writeFiles(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** Puts files where a pod sees them as the kubelet does: in a new folder to which `..data` is then turned, in one
 *  step; the names that the pod reads are links through `..data` (pkg/volume/util/atomic_writer.go). */
export function mountSecret(folder: string, files: Files): void {
  const data = join(folder, '..data');
  const old = linkTarget(data);
  const payload = mkdtempSync(join(folder, '..2026_11_23_03_18_00.'));
  writeFiles(payload, files);
  symlinkSync(payload, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), data);
  for (const name of Object.keys(files)) {
    if (linkTarget(join(folder, name)) === undefined) symlinkSync(join('..data', name), join(folder, name));
  }
  if (old !== undefined) rmSync(old, { recursive: true });
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // the first mount
  }
}
