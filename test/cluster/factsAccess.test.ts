import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { sendReview } from '../server/client.js';
import { barePod, modeLabel } from './barePod.js';
import { type Cluster, writeKubeconfig } from './cluster.js';
import { connect } from './shared.js';
import { startProxy, type TcpProxy } from './tcpProxy.js';
import { waitUntil } from './waiting.js';
import { freeAddress, launchWebhook, type WebhookProcess } from './webhookProcess.js';

const name = `access-${randomUUID().slice(0, 8)}`;
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const answerSchema = z.object({
  response: z.object({
    allowed: z.boolean(),
    patch: z.string().optional(),
    warnings: z.array(z.string()).default([]),
  }),
});
const readinessSchema = z.object({ ready: z.boolean(), cluster: z.string() });

let cluster: Cluster;
let token: string;
let proxy: TcpProxy;
let webhook: WebhookProcess;
/** Takes connections and says nothing. */
const blackHole = createServer((socket) => void socket.resume());

/** All that the webhook may do, but for LimitRanges where it is told so. */
const rulesFor = (...resources: string[]) => [
  { apiGroups: [''], resources, verbs: ['get', 'list', 'watch'] },
];

beforeAll(async () => {
  cluster = await connect();
  await cluster.createNamespace(name, { [modeLabel]: 'enforce' });
  await cluster.requestOk('POST', `${rbac}/clusterroles`, {
    metadata: { name },
    rules: rulesFor('namespaces', 'resourcequotas'),
  });
  await cluster.requestOk('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', namespace: name, name: 'default' }],
  });
  const answer = await cluster.requestOk('POST', `/api/v1/namespaces/${name}/serviceaccounts/default/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  token = z.object({ status: z.object({ token: z.string() }) }).parse(answer).status.token;
  // In front of the API server, so that it can go away.
  proxy = await startProxy({ host: '127.0.0.1', port: 0, targets: [apiServer()] });
  const { directory, caCertificate: ca } = cluster;
  const url = `https://127.0.0.1:${proxy.address.port}`;
  const kubeconfig = await writeKubeconfig({ url, directory, ca }, name, { token });
  webhook = await launchWebhook(directory, name, [
    '--self-signed',
    `--ca-out=${authorityFile()}`,
    `--admission-address=${freeAddress}`,
    `--operations-address=${freeAddress}`,
    `--kubeconfig=${kubeconfig}`,
  ]);
});

afterAll(async () => {
  await webhook?.stop();
  await proxy?.close();
  blackHole.close();
  for (const kind of ['clusterrolebindings', 'clusterroles'])
    await cluster?.request('DELETE', `${rbac}/${kind}/${name}`);
  await cluster?.request('DELETE', `/api/v1/namespaces/${name}`);
  cluster?.close();
});

function authorityFile(): string {
  return join(cluster.directory, `${name}.crt`);
}

/** What the webhook answers to the creation of a pod, and after how long. */
async function review(namespace: string) {
  const target = { port: webhook.admission.port, ca: await readFile(authorityFile(), 'utf8') };
  const start = performance.now();
  const { status, text } = await sendReview(target, barePod, { namespace });
  const milliseconds = Math.round(performance.now() - start);
  return { status, milliseconds, ...answerSchema.parse(JSON.parse(text)).response };
}

function apiServer() {
  const { hostname, port } = new URL(cluster.url);
  return { host: hostname, port: Number(port) };
}

async function readiness() {
  const response = await fetch(`${webhook.operationsUrl}/readyz`);
  return { status: response.status, ...readinessSchema.parse(await response.json()) };
}

async function lines(message: string, resource: string) {
  return (await webhook.log()).filter((line) => line.msg === message && line['resource'] === resource);
}

async function errorsOf(resource: string): Promise<number> {
  const samples = await webhook.counters('podtemper_namespace_facts_errors_total');
  return samples
    .filter(({ labels }) => labels['resource'] === resource)
    .reduce((sum, { value }) => sum + value, 0);
}

describe('an account that may not read LimitRanges', () => {
  const refusal = `limitranges is forbidden: User "system:serviceaccount:${name}:default" cannot list resource "limitranges"`;

  it('keeps the webhook from being ready, and log and readiness name the permission', async () => {
    await waitUntil('a third try', async () => (await errorsOf('limitranges')) >= 3);
    const { status, ready, cluster: state } = await readiness();
    expect([status, ready]).toEqual([503, false]);
    expect(state).toMatch(/^waiting for the first list of limitranges; /);
    expect(state).toContain(refusal);
    const told = await lines('cluster not read, and nothing is known of it yet', 'limitranges');
    expect(told).toMatchObject([{ level: 'warn', verb: 'list', error: expect.stringContaining(refusal) }]);
  });

  it('is tried again until it may, which is told too', async () => {
    await cluster.requestOk('PATCH', `${rbac}/clusterroles/${name}`, {
      rules: rulesFor('namespaces', 'limitranges', 'resourcequotas'),
    });
    await waitUntil('readiness', async () => (await readiness()).status === 200);
    await waitUntil('the line', async () => (await lines('cluster read again', 'limitranges')).length === 1);
    expect((await readiness()).cluster).toBe('ok');
  });
});

describe('an API server that is away', () => {
  it('leaves the webhook ready with old facts, until it is back', async () => {
    proxy.setTargets([]);
    await proxy.close();
    const away = 'cluster not read, the last known facts are in use';
    await waitUntil('three lines', async () => {
      const told = await Promise.all(
        ['namespaces', 'limitranges', 'resourcequotas'].map((one) => lines(away, one)),
      );
      return told.every((some) => some.length > 0);
    });
    await waitUntil('more tries', async () => (await errorsOf('namespaces')) >= 3);
    const { status, cluster: state } = await readiness();
    expect(status).toBe(200);
    expect(state).toMatch(/^ok: facts \d+ s old; .*connect ECONNREFUSED/);
    const causes = (await lines(away, 'namespaces')).map(({ error }) => error);
    expect(new Set(causes).size).toBe(causes.length); // each cause once

    proxy = await startProxy({ ...proxy.address, targets: [apiServer()] });
    await waitUntil('all read again', async () => (await readiness()).cluster === 'ok');
    expect(await lines('cluster read again', 'namespaces')).toHaveLength(1);
  });

  it('keeps no review waiting, also where it takes connections and says nothing', async () => {
    await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve));
    await proxy.close();
    const { port } = blackHole.address() as AddressInfo;
    proxy = await startProxy({ ...proxy.address, targets: [{ host: '127.0.0.1', port }] });
    const known = await review(name);
    expect(known).toMatchObject({ status: 200, allowed: true, patch: expect.any(String) });
    const unknown = await review(`${name}-never-seen`);
    expect(unknown).toMatchObject({ status: 200, allowed: true });
    expect(unknown).not.toHaveProperty('patch');
    expect(unknown.warnings).toEqual([expect.stringContaining('not hardened, because of an error')]);
    process.stdout.write(
      `while the API server says nothing: a pod of a known namespace is answered after ${known.milliseconds} ms, ` +
        `one of an unknown namespace after ${unknown.milliseconds} ms\n`,
    );
    await proxy.close();
    proxy = await startProxy({ ...proxy.address, targets: [apiServer()] });
    await waitUntil('all read again', async () => (await readiness()).cluster === 'ok', {
      timeoutSeconds: 60,
    });
  });
});
