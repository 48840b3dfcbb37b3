/**
 * `kubectl podtemper preview KIND/NAME`, as the plug-in of a real kubectl in front of a real API server.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster } from './cluster.js';
import { Plugin, pod } from './plugin.js';
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

describe('kubectl podtemper preview', () => {
  it('shows what hardening makes of a live workload, by the facts of its namespace', async () => {
    const { code, stdout, stderr } = await plugin.run(['preview', 'deployment/web', '-n', namespace]);
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
    const { code, stdout } = await plugin.run(['preview', ...names, '-n', namespace, '-o', 'yaml']);
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

  describe('for somebody with few rights', () => {
    const root = '/apis/rbac.authorization.k8s.io/v1';
    const args = ['preview', 'deploy/web', '-o', 'json', '--context', 'podtemper'];
    let kubeconfig: string;

    /** Lets the service account of the namespace do no more than this. */
    async function grant(kind: 'Role' | 'ClusterRole', name: string): Promise<void> {
      await cluster.request('DELETE', `${root}/namespaces/${namespace}/rolebindings/reader`);
      await cluster.requestOk('POST', `${root}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
      });
    }

    beforeAll(async () => {
      kubeconfig = await cluster.kubeconfigFor(namespace, 'default');
      await cluster.requestOk('POST', `${root}/namespaces/${namespace}/roles`, {
        metadata: { name: 'deployments' },
        rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }],
      });
    });

    it('says which right is missing', async () => {
      const { code, stdout, stderr } = await plugin.run(args, { kubeconfig });
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(
        new RegExp(
          `^podtemper: deploy/web: expected the right to get deployments\\.apps in namespace ${namespace}, found .* cannot get resource "deployments" .*\n$`,
        ),
      );
    });

    it('takes what is written of the namespace where nobody may read it', async () => {
      await grant('Role', 'deployments');
      const refused = await plugin.run(args, { kubeconfig });
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toMatch(
        /expected the right to get it and to list its limitranges and resourcequotas, found .*; ask for it, or describe the namespace with --namespace-file\n$/,
      );
      const about = join(plugin.folder, 'about.json');
      const labels = { 'podtemper.io/mode': 'warn' };
      const written = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
      await writeFile(about, JSON.stringify(written));
      const { code, stdout } = await plugin.run([...args, '--namespace-file', about], { kubeconfig });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ items: [{ namespace, mode: 'warn' }] });
    });

    it('is content with the ClusterRole view, in the namespace of the context', async () => {
      await grant('ClusterRole', 'view');
      const { code, stdout, stderr } = await plugin.run(args, { kubeconfig });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ items: [{ namespace, mode: 'enforce' }] });
    });
  });

  it('says what is not there, and shows the rest', async () => {
    const { code, stdout, stderr } = await plugin.run(['preview', 'deploy/wbe', 'po/bare', '-n', namespace]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^Pod .*bare: /);
    expect(stderr).toBe(
      `podtemper: deploy/wbe: expected a Deployment of that name in namespace ${namespace}, found none; ` +
        `kubectl get deployments.apps -n ${namespace} lists those that are there\n`,
    );
    const nowhere = await plugin.run(['preview', 'deploy/web', '-n', 'nowhere-at-all']);
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toBe(
      'podtemper: namespace nowhere-at-all: expected a namespace of that name, found none\n',
    );
  });

  it('takes what is there as a file for one', async () => {
    await mkdir(join(plugin.folder, 'pod'), { recursive: true });
    await writeFile(
      join(plugin.folder, 'pod/bare'),
      JSON.stringify({ ...pod, metadata: { name: 'of-a-file' } }),
    );
    const { stdout } = await plugin.run(['preview', 'pod/bare', '-n', namespace]);
    expect(stdout).toMatch(new RegExp(`^Pod of-a-file: `));
    await rm(join(plugin.folder, 'pod'), { recursive: true });
  });
});
