/**
 * `kubectl podtemper diff -f` and `kubectl podtemper audit`, as the plug-in of a real kubectl in front of a real API server.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster } from './cluster.js';
import type { CommandResult } from './commands.js';
import { Plugin, pod, web } from './plugin.js';
import { connect } from './shared.js';

let cluster: Cluster;
let plugin: Plugin;
let namespace: string;

beforeAll(async () => {
  cluster = await connect();
  plugin = await Plugin.install(cluster);
  ({ namespace } = plugin);
});

afterAll(async () => {
  await plugin?.remove();
  cluster?.close();
});

/** Lines of a diff that come or go. */
const changes = ({ stdout }: CommandResult) =>
  stdout.split('\n').filter((line) => /^[-+](?![-+]{2} )/.test(line));

describe('kubectl podtemper diff', () => {
  const diff = (object: object, ...args: string[]) =>
    plugin.run(['diff', '-n', namespace, '-f', '-', ...args], { input: JSON.stringify(object) });

  it('shows what the file changes, and what hardening adds', async () => {
    const result = await diff(web('nginx:1.30'));
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(result.stdout).toMatch(
      new RegExp(
        `^--- live/${namespace}/deployment/web\n\\+\\+\\+ hardened/${namespace}/deployment/web\n@@ `,
      ),
    );
    const lines = changes(result).map((line) => line.replace(/^([-+]) +/, '$1'));
    expect(lines).toEqual(
      expect.arrayContaining(['-- image: nginx:1.29', '+- image: nginx:1.30', '+runAsUser: 101']),
    );
    expect(lines.filter((line) => line.startsWith('-'))).toEqual([
      '-- image: nginx:1.29',
      '-securityContext: {}',
    ]);
  });

  it('ends with 0 once the hardened manifest is applied, and has stored nothing before', async () => {
    const hardened = await plugin.run(['preview', '-n', namespace, 'deploy/web', '-o', 'json']);
    const { items } = JSON.parse(hardened.stdout) as { items: { hardened: object }[] };
    const [object = {}] = items.map((item) => item.hardened);
    expect((await diff(object)).code).toBe(1);
    await plugin.apply(object);
    expect(await diff(object)).toEqual({ code: 0, stdout: '', stderr: '' });
    // What the manifest has dropped goes, as with kubectl apply.
    const dropped = changes(await diff(web('nginx:1.29'), '--mode', 'audit'));
    expect(dropped.map((line) => line.trim())).toContain('-            readOnlyRootFilesystem: true');
    await plugin.apply(web('nginx:1.29'));
  });

  it('shows a new workload in full, and reads folders', async () => {
    const path = join(plugin.folder, 'manifests');
    await mkdir(path);
    await writeFile(join(path, 'new.json'), JSON.stringify(web('nginx:1.29', 'new')));
    await writeFile(join(path, 'service.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n');
    const result = await plugin.run(['diff', '-n', namespace, '-f', path, '--server-side']);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(result.stdout).toMatch(/^--- \/dev\/null\n\+\+\+ hardened\/.*\/deployment\/new\n/);
    expect(changes(result).filter((line) => line.startsWith('-'))).toEqual([]);
    const names = await cluster.kubectl(['get', 'deployments', '-n', namespace, '-o', 'name']);
    expect(names.stdout).toBe('deployment.apps/web\n');
  });

  it('ends above 1 for what cannot be applied, with the words of kubectl', async () => {
    const changed = web('nginx:1.29');
    changed.spec.selector.matchLabels.app = 'other';
    const result = await diff(changed);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^kubectl: The Deployment "web" is invalid: /);
  });

  it('ends with 3 where no cluster answers', async () => {
    const path = join(plugin.folder, 'nobody.kubeconfig');
    const text = JSON.stringify({
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'a', user: {} }],
    });
    await writeFile(path, text);
    for (const args of [
      ['diff', '-f', '-'],
      ['preview', 'deploy/web'],
    ]) {
      const result = await plugin.run(args, { input: JSON.stringify(pod), kubeconfig: path });
      expect(result).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toMatch(
        /^podtemper: .*: expected an API server that answers, found .*ECONNREFUSED/,
      );
    }
  });
});

describe('podtemper audit', () => {
  it('tells of each workload what would change, its opt-outs, and which level its namespace reaches', async () => {
    const annotations = {
      'podtemper.io/opt-out': 'runAsNonRoot',
      'podtemper.io/opt-out-reason': 'reads the certificates of the host',
      'podtemper.io/opt-out-until': '2099-12-31',
    };
    const job = web('registry.example/report:1', 'report');
    job.spec.template.metadata = Object.assign(job.spec.template.metadata, { annotations });
    await plugin.apply(job);
    const { code, stdout, stderr } = await plugin.run(['audit', '-n', namespace]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      `Namespace ${namespace}: 4 workloads, mode enforce, policy default, reaches baseline`,
    );
    // Not what the Deployments have made.
    expect(lines.flatMap((line) => /^ {2}(\w+ [\w-]+): /.exec(line)?.[1] ?? [])).toEqual([
      'Pod bare',
      'Deployment report',
      'Deployment web',
      'StatefulSet db',
    ]);
    expect(stdout).toContain(
      '    - opted out of runAsNonRoot, until 2099-12-31: reads the certificates of the host\n',
    );
    expect(stdout).toMatch(
      /Deployment web: 1 container, 6 controls change it.*; Pod Security\s+baseline → restricted/s,
    );
    await cluster.kubectl(['delete', 'deployment', 'report', '-n', namespace]);
  });

  it('goes through the whole cluster, and fails where it is to', async () => {
    const whole = await plugin.run(['audit', '-o', 'json', '--fail-on', 'change']);
    expect(whole.code).toBe(1);
    const { namespaces } = JSON.parse(whole.stdout) as {
      namespaces: { name: string; workloads: object[] }[];
    };
    expect(namespaces.find(({ name }) => name === namespace)).toMatchObject({
      isOptedIn: true,
      mode: 'enforce',
      reaches: 'restricted',
      workloads: [{ kind: 'Pod' }, { kind: 'Deployment', name: 'web' }, { kind: 'StatefulSet' }],
    });
    const empty = `${namespace}-empty`;
    await cluster.createNamespace(empty);
    const nothing = await plugin.run(['audit', '-n', empty]);
    await cluster.request('DELETE', `/api/v1/namespaces/${empty}`);
    expect(nothing).toEqual({
      code: 2,
      stdout: '',
      stderr: `podtemper: namespace ${empty}: expected a workload, found none\n`,
    });
  });
});
