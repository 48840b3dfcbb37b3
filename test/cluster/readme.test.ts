import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1PodList } from '@kubernetes/client-node';
import { blocksOf } from '../readme/consoleBlocks.js';
import type { Cluster } from './cluster.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const run = promisify(execFile);

/** The README's lines of shell with one of these words, in its order. */
async function linesWith(word: RegExp): Promise<string[]> {
  const shell = blocksOf(await readFile('README.md', 'utf8')).filter(({ language }) => language === 'sh');
  return shell.flatMap(({ text }) => text.split('\n')).filter((line) => word.test(line));
}

describe('the README, in front of a cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await connect();
  });

  afterAll(async () => {
    await cluster.helm(['uninstall', 'podtemper', '--namespace', 'podtemper', '--ignore-not-found']);
    await cluster.kubectl(['delete', 'namespace', 'shop', 'podtemper', '--ignore-not-found', '--wait=false']);
    cluster.close();
  });

  it('installs, opts a namespace in, and deploys into it, line by line', async () => {
    const lines = await linesWith(/^(helm|kubectl) /);
    expect(lines.map((line) => line.split(' ', 2).join(' '))).toEqual([
      'helm install',
      'kubectl create',
      'kubectl label',
      'kubectl -n',
    ]);
    const path = [dirname(cluster.helmPath), dirname(cluster.kubectlPath), process.env.PATH].join(':');
    const env = { PATH: path, HOME: cluster.directory, KUBECONFIG: cluster.kubeconfig };
    for (const line of lines) await run('bash', ['-euo', 'pipefail', '-c', line], { env });
    const pods = async () => {
      const { items } = await cluster.requestOk<V1PodList>('GET', '/api/v1/namespaces/shop/pods');
      return items.length;
    };
    await waitUntil('the pods of the Deployment', async () => (await pods()) === 2);
  });
});

describe('make run', () => {
  let server: ChildProcess;
  let printed = '';

  beforeAll(async () => {
    // A group of its own, so that what make starts can be ended with it.
    server = spawn('make', ['run'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    }
    await waitUntil('the line to try', () => Promise.resolve(/^ *curl .*\n/m.test(printed)), {
      failure: () => (server.exitCode === null ? undefined : `make run ended: ${printed}`),
    });
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => server.once('close', resolve));
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGTERM');
    await ended;
  });

  it('prints where page, preview and webhook listen', () => {
    expect(printed).toMatch(/page +http:\/\/\S+\n +preview +http:\/\/\S+\n +webhook +https:\/\/\S+/);
  });

  it('prints a curl line that returns a patch', async () => {
    const line = /^ *(curl .*)$/m.exec(printed)?.[1] ?? '';
    const { stdout } = await run('bash', ['-c', line]);
    expect(JSON.stringify(JSON.parse(stdout))).toContain('"path":"/spec/containers/0/securityContext"');
  });

  it('answers the curl line of the README', async () => {
    const [line = ''] = await linesWith(/^curl /);
    const { stdout } = await run('bash', ['-c', line]);
    const text = JSON.stringify(JSON.parse(stdout));
    expect(text).toContain('"path":"/spec/template/spec/containers/0/securityContext"');
    expect(text).toContain('"reason":"root"');
  });
});
