import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from './commands.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** kubectl and helm come in a package for this platform only. */
const isPackaged = process.platform === 'linux' && process.arch === 'x64';
const servers = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

describe('a control plane on a machine that has nothing installed', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podtemper-missing-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it.each([
    ['etcd', [], 'Install it (Debian: apt-get install etcd-server).'],
    ['go', ['etcd'], 'Install Go (https://go.dev/dl), or set KUBEBUILDER_ASSETS'],
    [isPackaged ? 'unzip' : 'kubectl', servers, isPackaged ? 'Install unzip.' : 'Install kubectl.'],
    ['openssl', [...servers, 'kubectl', 'helm'], 'Install openssl.'],
  ])('says that %s is missing, when that is next', async (tool, found, remedy) => {
    for (const name of found) await installStub(name);
    const env = { PATH: '', HOME: directory, TMPDIR: directory, KUBEBUILDER_ASSETS: directory };
    const args = ['--import', 'tsx', 'scripts/cluster.ts'];
    const { code, stdout, stderr } = await runCommand(process.execPath, args, { directory: root, env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const [line, ...more] = stderr.trim().split('\n');
    expect(more).toEqual([]);
    expect(line).toMatch(
      new RegExp(`\\b${tool}\\b.*expected .*on PATH, found|expected \`${tool}\` on PATH, found none`),
    );
    expect(line).toContain(remedy);
  });

  /** A program that does no more than tell a version. */
  async function installStub(name: string): Promise<void> {
    const path = join(directory, name);
    await writeFile(path, '#!/bin/sh\necho Kubernetes v1.37.2\n');
    await chmod(path, 0o755);
  }
});
