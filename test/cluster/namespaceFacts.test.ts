import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type ClusterConnection, connect as connectAs } from '../../src/cluster/connection.js';
import { StatusError } from '../../src/cluster/exchange.js';
import { type NamespaceFactsSource, watchNamespaceFacts } from '../../src/cluster/namespaceFacts.js';
import { type Cluster } from './cluster.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const name = `facts-${randomUUID().slice(0, 8)}`;
const modeKey = 'podtemper.io/mode';
/** All that namespace facts may ask of the API server. */
const rules = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'limitranges', 'resourcequotas'],
    verbs: ['get', 'list', 'watch'],
  },
];

describe('namespace facts, as a service account that may read no more', () => {
  let cluster: Cluster;
  let connection: ClusterConnection;
  let source: NamespaceFactsSource;
  const errors: unknown[] = [];

  beforeAll(async () => {
    cluster = await connect();
    await cluster.createNamespace(name, { [modeKey]: 'warn', team: 'blue' });
    connection = await connectAsReader();
    source = watchNamespaceFacts(connection, { onFailure: ({ error }) => errors.push(error) });
    await source.ready;
  });

  afterAll(async () => {
    source?.stop();
    for (const kind of ['clusterrolebindings', 'clusterroles']) {
      await cluster.request('DELETE', `/apis/rbac.authorization.k8s.io/v1/${kind}/${name}`);
    }
    await cluster.requestOk('DELETE', `/api/v1/namespaces/${name}`);
    cluster.close();
  });

  async function connectAsReader(): Promise<ClusterConnection> {
    const group = 'rbac.authorization.k8s.io';
    const path = `/apis/${group}/v1`;
    await cluster.requestOk('POST', `${path}/clusterroles`, { metadata: { name }, rules });
    await cluster.requestOk('POST', `${path}/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace: name, name: 'default' }],
    });
    const reader = await connectAs({ kubeconfig: await cluster.kubeconfigFor(name, 'default') });
    if (reader === undefined) throw new Error('expected a connection');
    await waitUntil('the binding to count', async () => {
      await reader.get('/api/v1/limitranges', { timeoutMilliseconds: 5000 });
      return true;
    });
    return reader;
  }

  it('hold the labels that matter, LimitRanges and quotas', async () => {
    await cluster.requestOk('POST', `/api/v1/namespaces/${name}/limitranges`, {
      metadata: { name: 'bounds' },
      spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
    });
    await cluster.requestOk('POST', `/api/v1/namespaces/${name}/resourcequotas`, {
      metadata: { name: 'pods' },
      spec: { hard: { pods: '10' } },
    });
    const isThere = async () => {
      const facts = source.get(name);
      return facts?.limitRanges.length === 1 && facts.resourceQuotas.length === 1;
    };
    await waitUntil('LimitRange and quota', isThere);
    const memory = '1Gi';
    expect(source.get(name)).toEqual({
      name,
      labels: { [modeKey]: 'warn' },
      annotations: {},
      limitRanges: [
        {
          metadata: { name: 'bounds' },
          spec: {
            limits: [{ type: 'Container', max: { memory }, default: { memory }, defaultRequest: { memory } }],
          },
        },
      ],
      resourceQuotas: [{ metadata: { name: 'pods' }, spec: { hard: { pods: '10' } } }],
    });
  });

  it('bring a new label', async () => {
    await cluster.requestOk('PATCH', `/api/v1/namespaces/${name}`, {
      metadata: { labels: { [modeKey]: 'audit' } },
    });
    await waitUntil('the label', async () => source.get(name)?.labels[modeKey] === 'audit');
  });

  it('stay the same object while only the status of a quota moves', async () => {
    const before = source.get(name);
    const path = `/api/v1/namespaces/${name}`;
    const pod = { metadata: { name: 'app' }, spec: { containers: [{ name: 'app', image: 'app' }] } };
    await cluster.requestOk('POST', `${path}/pods`, pod);
    const used = z.object({ status: z.object({ used: z.object({ pods: z.string() }) }) });
    await waitUntil('the quota to count the pod', async () => {
      const quota = used.parse(await cluster.requestOk('GET', `${path}/resourcequotas/pods`));
      return quota.status.used.pods === '1';
    });
    // One watch brings all quotas, in order: once this one is there, so is the status.
    const later = { metadata: { name }, spec: { hard: { pods: '1000' } } };
    await cluster.requestOk('POST', '/api/v1/namespaces/default/resourcequotas', later);
    await waitUntil('the later quota', async () => source.get('default')?.resourceQuotas.length === 1);
    expect(source.get(name)).toBe(before);
    await cluster.requestOk('DELETE', `/api/v1/namespaces/default/resourcequotas/${name}`);
    await waitUntil('its end', async () => source.get('default')?.resourceQuotas.length === 0);
  });

  it('are fetched where the cache does not know the namespace', async () => {
    // Lists and watches that never answer keep the cache empty.
    const never = () => new Promise<never>(() => {});
    const fetching = watchNamespaceFacts({
      get: (path, options) => (path.includes('?limit=') ? never() : connection.get(path, options)),
      watch: never,
    });
    const facts = await fetching.fetch(name, 10_000);
    expect(fetching.isReady()).toBe(false);
    expect(facts).toEqual(source.get(name));
    expect(await fetching.fetch(`${name}-absent`, 10_000)).toBeUndefined();
    fetching.stop();
  });

  it('ask for no more than they may', async () => {
    expect(errors).toEqual([]);
    expect(source.health().map(({ fault }) => fault)).toEqual([undefined, undefined, undefined]);
    const secrets = connection.get('/api/v1/secrets', { timeoutMilliseconds: 5000 });
    await expect(secrets).rejects.toBeInstanceOf(StatusError);
    await expect(secrets).rejects.toMatchObject({ status: 403 });
  });
});
