/**
 * The NetworkPolicies that are printed, for manifests and for a live namespace, in front of a real API server: by
 * server-side dry run it takes them all, and nothing is ever written.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Service } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { policiesIn } from '../networkpolicy/proposals.js';
import { type Cluster } from './cluster.js';
import { commandOutput, runCommand } from './commands.js';
import { connect } from './shared.js';
import { program } from './webhookProcess.js';
import { podTemplateOf, workloadsFolder } from './workloads.js';

let cluster: Cluster;
const namespace = `policies-${randomUUID().slice(0, 8)}`;

/** Behind the Service kubernetes: a control plane on loopback has nothing there, as its address means nothing to others. */
const serverAddress = '203.0.113.7';
const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const slice = {
  metadata: { name: namespace, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [serverAddress] }],
  ports: [{ name: 'https', port: 6443 }],
};

const shop = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: {
          containers: [{ name: 'web', image: 'registry.example/web:1', ports: [{ containerPort: 80 }] }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report' },
    spec: {
      schedule: '0 3 1 1 *',
      jobTemplate: {
        spec: {
          template: {
            metadata: { labels: { job: 'yes' } },
            spec: {
              restartPolicy: 'Never',
              serviceAccountName: 'reporter',
              containers: [{ name: 'report', image: 'registry.example/report:1' }],
            },
          },
        },
      },
    },
  },
];

beforeAll(async () => {
  cluster = await connect();
  await cluster.createNamespace(namespace);
  await cluster.requestOk('POST', slicesPath, slice);
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: shop });
  const applied = await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input });
  expect(applied).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await cluster?.request('DELETE', `${slicesPath}/${namespace}`);
  await cluster?.request('DELETE', `/api/v1/namespaces/${namespace}`);
  cluster?.close();
});

/** What the API server says to the policies: the names that it would create. */
async function dryRun(text: string): Promise<string[]> {
  const args = ['create', '--dry-run=server', '-n', namespace, '-o', 'name', '-f', '-'];
  const { code, stdout, stderr } = await cluster.kubectl(args, { input: text });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim().split('\n');
}

const networkPolicy = (...args: string[]) =>
  commandOutput(process.execPath, [program, 'networkpolicy', ...args]);

describe('for a live namespace', () => {
  it('they are taken, keep off the real API server, and stay on paper', async () => {
    const text = await networkPolicy('-n', namespace, '--kubeconfig', cluster.kubeconfig);
    expect(await dryRun(text)).toEqual([
      'networkpolicy.networking.k8s.io/default-deny',
      'networkpolicy.networking.k8s.io/web',
      'networkpolicy.networking.k8s.io/report',
    ]);
    const { spec } = await cluster.requestOk<V1Service>(
      'GET',
      '/api/v1/namespaces/default/services/kubernetes',
    );
    const blocks = [`${spec?.clusterIP ?? ''}/32`, `${serverAddress}/32`];
    const [, web, report] = policiesIn(text);
    expect(web?.spec.egress?.at(-1)?.to?.[0]?.ipBlock?.except).toEqual(expect.arrayContaining(blocks));
    expect(report?.spec.egress?.[2]).toEqual({
      to: blocks.map((cidr) => ({ ipBlock: { cidr } })),
      ports: [6443, 443].map((port) => ({ protocol: 'TCP', port })),
    });
    expect(text).toContain(`# The API server is at ${blocks.join(', ')} (from the cluster).`);
    const stored = await cluster.requestOk<{ items: unknown[] }>(
      'GET',
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    );
    expect(stored.items).toEqual([]);
  });

  it('they select the pods of the workload, not those of its ReplicaSet alone', async () => {
    const text = await networkPolicy('-n', namespace, '--kubeconfig', cluster.kubeconfig);
    const [, web, report] = policiesIn(text);
    expect(web?.spec.podSelector).toEqual({ matchLabels: { app: 'web' } });
    expect(web?.spec.ingress?.[0]?.from).toBeUndefined();
    expect(report?.spec.podSelector).toEqual({ matchLabels: { job: 'yes' } });
  });

  it('a namespace that is not there is said to be missing', async () => {
    const args = [program, 'networkpolicy', '-n', 'nowhere', '--kubeconfig', cluster.kubeconfig];
    const { code, stderr } = await runCommand(process.execPath, args);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^podtemper: namespace nowhere: expected a namespace that can be read, found .*not found/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('for manifests of every kind', () => {
  it('they are taken, and their selectors hold labels of the template', async () => {
    const text = await networkPolicy(workloadsFolder, '--api-server', '10.96.0.1', '--api-server', 'fd00::1');
    const policies = policiesIn(text);
    expect(policies.length).toBeGreaterThan(10);
    // As kubectl takes them: into one namespace, each name once.
    const renamed = policies.map((policy, index) => ({
      ...policy,
      metadata: { name: `policy-${index}` },
    }));
    const created = await dryRun(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: renamed }));
    expect(created).toHaveLength(policies.length);
    const templates = shop.flatMap((object) => podTemplateOf(object) ?? []);
    expect(templates.map(({ metadata }) => metadata.labels)).toEqual([
      { app: 'web', tier: 'front' },
      { job: 'yes' },
    ]);
    const own = await networkPolicy('manifests/examples');
    expect(policiesIn(own)[1]?.spec.podSelector).toEqual({ matchLabels: { app: 'web' } });
    expect(parse(own.split('---\n')[2] ?? '')).toMatchObject({ metadata: { namespace: 'shop' } });
  });
});
