import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodList, VersionInfo } from '@kubernetes/client-node';
import { parseWarnings } from './apiClient.js';
import { type Cluster } from './cluster.js';
import { startControlPlane } from './controlPlane.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const container = { name: 'app', image: 'registry.invalid/app:1' };

describe('the shared control plane', () => {
  const namespace = `smoke-${randomUUID().slice(0, 8)}`;
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await connect();
    await cluster.createNamespace(namespace, { team: 'blue' });
  });

  afterAll(async () => {
    await cluster.requestOk('DELETE', `/api/v1/namespaces/${namespace}`);
    cluster.close();
  });

  it('is of the version asked for', async () => {
    const { gitVersion } = await cluster.requestOk<VersionInfo>('GET', '/version');
    expect(gitVersion).toBe(cluster.version);
    expect(`${gitVersion}.`).toContain(`v${(process.env.KUBE_VERSION ?? '1.37').replace(/^v/, '')}.`);
  });

  it('admits a pod by dry run and stores nothing', async () => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const pod = { metadata: { name: 'dry' }, spec: { containers: [container] } };
    const { status, body } = await cluster.request<V1Pod>('POST', `${pods}?dryRun=All`, pod);
    expect(status).toBe(201);
    expect(body.spec?.serviceAccountName).toBe('default');
    expect((await cluster.request('GET', `${pods}/dry`)).status).toBe(404);
  });

  it('says why a request failed', async () => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const pod = { metadata: { name: 'empty' }, spec: { containers: [] } };
    await expect(cluster.requestOk('POST', pods, pod)).rejects.toThrow(
      /422.*spec\.containers: Required value/,
    );
  });

  it('hands on the warnings of the API server', async () => {
    const labels = { 'pod-security.kubernetes.io/warn': 'restricted' };
    await cluster.createNamespace(`${namespace}-warned`, labels);
    const pods = `/api/v1/namespaces/${namespace}-warned/pods?dryRun=All`;
    const pod = { metadata: { name: 'warned' }, spec: { containers: [container] } };
    const { status, warnings } = await cluster.request('POST', pods, pod);
    expect(status).toBe(201);
    expect(warnings).toEqual([expect.stringMatching(/would violate PodSecurity .*container "app" must set/)]);
    await cluster.requestOk('DELETE', `/api/v1/namespaces/${namespace}-warned`);
  });

  it('makes the pods of a Deployment through the real controllers', async () => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    await cluster.requestOk('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: 'web' },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    });
    const list = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`;
    await waitUntil('two pods of the Deployment', async () => {
      const { items } = await cluster.requestOk<V1PodList>('GET', list);
      return (
        items.length === 2 &&
        items.every(({ metadata }) => metadata?.ownerReferences?.[0]?.kind === 'ReplicaSet')
      );
    });
  });

  it('changes an object by a merge patch', async () => {
    const path = `/api/v1/namespaces/${namespace}`;
    await cluster.requestOk('PATCH', path, { metadata: { labels: { team: 'green' } } });
    const { stdout } = await cluster.kubectl([
      'get',
      'namespace',
      namespace,
      '--output=jsonpath={.metadata.labels.team}',
    ]);
    expect(stdout).toBe('green');
  });

  it('gives a service account a kubeconfig with the rights it has, and no more', async () => {
    const kubeconfig = await cluster.kubeconfigFor(namespace, 'default');
    const asDefault = (...args: string[]) => cluster.kubectl([`--kubeconfig=${kubeconfig}`, ...args]);
    const { stdout } = await asDefault('auth', 'whoami', '--output=jsonpath={.status.userInfo.username}');
    expect(stdout).toBe(`system:serviceaccount:${namespace}:default`);
    const { code, stderr } = await asDefault('get', 'pods');
    expect(code).toBe(1);
    expect(stderr).toContain('forbidden');
  });

  it('is reached by kubectl and by helm', async () => {
    const kubectl = await cluster.kubectl(['apply', '--filename=-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'applied', namespace },
      }),
    });
    expect(kubectl).toMatchObject({ code: 0, stdout: 'configmap/applied created\n' });
    const version = await cluster.helm(['version', '--short']);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^v\d+\.\d+\.\d+/) });
    expect(await cluster.helm(['list', `--namespace=${namespace}`])).toMatchObject({ code: 0 });
  });
});

describe('another control plane', () => {
  it('runs beside the first without meeting it, and leaves nothing', async () => {
    const first = await connect();
    const second = await startControlPlane();
    try {
      expect(second.url).not.toBe(first.url);
      expect(second.serviceRange).not.toBe(first.serviceRange);
      const name = `beside-${randomUUID().slice(0, 8)}`;
      await second.createNamespace(name);
      expect((await first.request('GET', `/api/v1/namespaces/${name}`)).status).toBe(404);
    } finally {
      await second.stop();
      first.close();
    }
    await expect(second.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED');
    await expect(access(second.directory)).rejects.toThrow('ENOENT');
  });

  it('that cannot start says what its log says', async () => {
    const started = startControlPlane({ apiServerFlags: ['--no-such-flag'] });
    await expect(started).rejects.toThrow(
      /kube-apiserver ended with exit code 1.*unknown flag: --no-such-flag/s,
    );
  });
});

describe('parseWarnings', () => {
  it('reads several warnings of one line, with quotes and commas', () => {
    expect(parseWarnings(['299 - "a \\"b\\", c", 299 - "d\\\\"', '299 - "e"'])).toEqual([
      'a "b", c',
      'd\\',
      'e',
    ]);
  });
});
