/**
 * What reads live workloads, as the plug-in of a real kubectl in front of a real API server: `kubectl podtemper preview
 * KIND/NAME` and `kubectl podtemper diff -f`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster } from './cluster.js';
import { type CommandResult, runCommand } from './commands.js';
import { connect } from './shared.js';
import { program } from './webhookProcess.js';

let cluster: Cluster;
let folder: string;
const namespace = `live-${randomUUID().slice(0, 8)}`;

const web = (image: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image, ...more }] },
    },
  },
});
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bare' },
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
};
const set = {
  ...web('registry.example/db:1'),
  kind: 'StatefulSet',
  metadata: { name: 'db' },
};

/** Runs the plug-in in a folder of its own, where no file has the name of a workload. */
async function plugin(args: readonly string[], input = '', kubeconfig = cluster.kubeconfig) {
  const env = {
    PATH: `${folder}:${dirname(cluster.kubectlPath)}:${process.env.PATH ?? ''}`,
    HOME: cluster.directory,
    KUBECONFIG: kubeconfig,
  };
  return runCommand(cluster.kubectlPath, ['podtemper', ...args], { input, env, directory: folder });
}

const apply = async (...objects: object[]) => {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const applied = await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input });
  expect(applied).toMatchObject({ code: 0 });
};

beforeAll(async () => {
  cluster = await connect();
  folder = await mkdtemp(join(cluster.directory, 'plugin-'));
  await symlink(program, join(folder, 'kubectl-podtemper'));
  await cluster.createNamespace(namespace, { 'podtemper.io/mode': 'enforce' });
  await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/limitranges`, {
    metadata: { name: 'bounds' },
    spec: { limits: [{ type: 'Container', max: { memory: '512Mi', cpu: '1' } }] },
  });
  await apply(web('nginx:1.29'), set, pod);
});

afterAll(async () => {
  await cluster?.request('DELETE', `/api/v1/namespaces/${namespace}`);
  await rm(folder, { recursive: true, force: true });
  cluster?.close();
});

describe('kubectl podtemper preview', () => {
  it('shows what hardening makes of a live workload, by the facts of its namespace', async () => {
    const { code, stdout, stderr } = await plugin(['preview', 'deployment/web', '-n', namespace]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(
        `^Deployment ${namespace}/web: 1 container, \\d+ controls change it \\(policy default, mode enforce\\)`,
      ),
    );
    expect(stdout).toContain('resources: a LimitRange fills in the rest');
    expect(stdout).toContain('runAsUser: 101');
    // The namespace says its mode, so that nothing has to be assumed.
    expect(stdout).not.toContain('is taken to have');
  });

  it('takes several, by short names and with groups, and gives manifests that can be applied', async () => {
    const names = ['deploy/web', 'statefulsets.apps/db', 'po/bare'];
    const { code, stdout } = await plugin(['preview', ...names, '-n', namespace, '-o', 'yaml']);
    expect(code).toBe(0);
    for (const text of stdout.split('---\n')) {
      const { metadata, status } = parse(text) as { metadata: object; status?: object };
      expect(status).toBeUndefined();
      expect(Object.keys(metadata).filter((key) => key !== 'annotations')).toEqual(['name', 'namespace']);
    }
    const args = ['replace', '--dry-run=server', '-n', namespace, '-o', 'name', '-f', '-'];
    const workloads = stdout.split('---\n').slice(0, 2).join('---\n');
    expect(await cluster.kubectl(args, { input: workloads })).toMatchObject({
      code: 0,
      stdout: 'deployment.apps/web\nstatefulset.apps/db\n',
    });
  });

  it('uses the namespace of the context, and another context where one is named', async () => {
    const kubeconfig = await cluster.kubeconfigFor(namespace, 'default');
    const binding = {
      metadata: { name: 'viewer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
    };
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
    await cluster.requestOk('POST', path, binding);
    const args = ['preview', 'deploy/web', '-o', 'json', '--context', 'podtemper'];
    const { code, stdout, stderr } = await plugin(args, '', kubeconfig);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ namespace, mode: 'enforce' }] });
    await cluster.requestOk('DELETE', `${path}/viewer`);
    const refused = await plugin(args, '', kubeconfig);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toMatch(
      new RegExp(
        `^podtemper: (deploy/web: expected the right to get deployments\\.apps in namespace ${namespace}, found .* cannot get resource "deployments" .*|namespace ${namespace}: expected the right to get it and to list its limitranges .*)\n$`,
      ),
    );
  });

  it('says what is not there, and shows the rest', async () => {
    const { code, stdout, stderr } = await plugin(['preview', 'deploy/wbe', 'po/bare', '-n', namespace]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^Pod .*bare: /);
    expect(stderr).toBe(
      `podtemper: deploy/wbe: expected a Deployment of that name in namespace ${namespace}, found none; ` +
        `kubectl get deployments.apps -n ${namespace} lists those that are there\n`,
    );
    const nowhere = await plugin(['preview', 'deploy/web', '-n', 'nowhere-at-all']);
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toBe(
      'podtemper: namespace nowhere-at-all: expected a namespace of that name, found none\n',
    );
  });

  it('takes what is there as a file for one', async () => {
    await mkdir(join(folder, 'pod'), { recursive: true });
    await writeFile(join(folder, 'pod/bare'), JSON.stringify({ ...pod, metadata: { name: 'of-a-file' } }));
    const { stdout } = await plugin(['preview', 'pod/bare', '-n', namespace]);
    expect(stdout).toMatch(new RegExp(`^Pod of-a-file: `));
    await rm(join(folder, 'pod'), { recursive: true });
  });
});

/** Lines of a diff that come or go. */
const changes = ({ stdout }: CommandResult) =>
  stdout.split('\n').filter((line) => /^[-+](?![-+]{2} )/.test(line));

describe('kubectl podtemper diff', () => {
  const diff = (object: object, ...args: string[]) =>
    plugin(['diff', '-n', namespace, '-f', '-', ...args], JSON.stringify(object));

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
    const hardened = await plugin(['preview', '-n', namespace, 'deploy/web', '-o', 'json']);
    const { items } = JSON.parse(hardened.stdout) as { items: { hardened: object }[] };
    const [object = {}] = items.map((item) => item.hardened);
    expect((await diff(object)).code).toBe(1);
    await apply(object);
    expect(await diff(object)).toEqual({ code: 0, stdout: '', stderr: '' });
    // What the manifest has dropped goes, as with kubectl apply.
    const dropped = changes(await diff(web('nginx:1.29'), '--mode', 'audit'));
    expect(dropped.map((line) => line.trim())).toContain('-            readOnlyRootFilesystem: true');
    await apply(web('nginx:1.29'));
  });

  it('shows a new workload in full, and reads folders', async () => {
    const path = join(folder, 'manifests');
    await mkdir(path);
    await writeFile(
      join(path, 'new.json'),
      JSON.stringify({ ...web('nginx:1.29'), metadata: { name: 'new' } }),
    );
    await writeFile(join(path, 'service.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n');
    const result = await plugin(['diff', '-n', namespace, '-f', path, '--server-side']);
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
    const path = join(folder, 'nobody.kubeconfig');
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
      const result = await plugin(args, JSON.stringify(pod), path);
      expect(result).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toMatch(
        /^podtemper: .*: expected an API server that answers, found .*ECONNREFUSED/,
      );
    }
  });
});
