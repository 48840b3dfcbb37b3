import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder for the files of one suite. */
export class ScratchFolder {
  #path = '';

  async open(): Promise<void> {
    this.#path = await mkdtemp(join(tmpdir(), 'podtemper-preview-'));
  }

  async close(): Promise<void> {
    await rm(this.#path, { recursive: true });
  }

  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /** Writes a file, with the folders above it; gives its path. */
  async write(name: string, text: string | Uint8Array): Promise<string> {
    const path = this.pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  async link(name: string, target: string): Promise<void> {
    await symlink(target, this.pathOf(name));
  }

  async makeFolder(name: string): Promise<string> {
    await mkdir(this.pathOf(name));
    return this.pathOf(name);
  }
}

/** A pod in one document. `rest` goes into its metadata. */
export function podManifest(name: string, rest = ''): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}${rest}}\nspec: {containers: [{name: app, image: busybox}]}\n`;
}

/** A policy in one document. */
export function policyManifest(name: string, controls: string): string {
  return `apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: {name: ${name}}\nspec: {controls: {${controls}}}\n`;
}
