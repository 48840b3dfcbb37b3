import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { barePod, dryRun, hardContainer, hardenedAnnotation, modeLabel, usualControls } from './barePod.js';
import { createAuthority } from './certificates.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

/** Label of a pod that gets a sidecar; its value is the name of one below. */
const sidecarLabel = 'example.com/sidecar';

/** What the other webhook appends: to which list, and what. */
const sidecars = {
  bare: { list: 'containers', container: { name: 'sidecar', image: 'proxy' } },
  init: { list: 'initContainers', container: { name: 'sidecar', image: 'proxy', restartPolicy: 'Always' } },
  root: {
    list: 'initContainers',
    container: {
      name: 'sidecar',
      image: 'proxy',
      securityContext: {
        runAsUser: 0,
        runAsNonRoot: false,
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      },
    },
  },
};
const sidecarName = z.enum(['bare', 'init', 'root']);

const reviewSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  request: z.object({
    uid: z.string(),
    object: z.object({
      metadata: z.object({ labels: z.object({ [sidecarLabel]: sidecarName }) }),
      spec: z.record(z.string(), z.array(z.object({ name: z.string() })).catch([])),
    }),
  }),
});

/** The answer of the other webhook: each pod gets its sidecar once. */
function addSidecar(body: string): string {
  const { request, ...type } = reviewSchema.parse(JSON.parse(body));
  const { metadata, spec } = request.object;
  const { list, container } = sidecars[metadata.labels[sidecarLabel]];
  const present = spec[list] ?? [];
  const response = { uid: request.uid, allowed: true };
  if (present.some(({ name }) => name === container.name)) return JSON.stringify({ ...type, response });
  const operation =
    present.length === 0
      ? { op: 'add', path: `/spec/${list}`, value: [container] }
      : { op: 'add', path: `/spec/${list}/-`, value: container };
  const patch = Buffer.from(JSON.stringify([operation])).toString('base64');
  return JSON.stringify({ ...type, response: { ...response, patchType: 'JSONPatch', patch } });
}

let cluster: Cluster;
let installation: Installation;
let directory: string;
let server: Server;
let namespace: string;
/** Its registrations; the API server calls webhooks in the order of their names. */
const registrations: string[] = [];

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
  namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
  directory = await mkdtemp(join(cluster.directory, 'sidecar-'));
  const authority = await createAuthority(directory, '/CN=sidecar-ca');
  const { certificateFile, keyFile } = await authority.issue('sidecar', '/CN=sidecar', ['127.0.0.1']);
  server = createServer({ cert: await readFile(certificateFile), key: await readFile(keyFile) });
  server.on('request', (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => response.setHeader('content-type', 'application/json').end(addSidecar(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const caBundle = (await readFile(authority.certificateFile)).toString('base64');
  await register(`${installation.release}-sidecar`, caBundle, 'after');
  await register(`a-${randomUUID()}`, caBundle, 'before');
});

afterAll(async () => {
  for (const name of registrations) await cluster.request('DELETE', `${configurations}/${name}`);
  await installation?.uninstall();
  server?.closeAllConnections();
  server?.close();
  await rm(directory, { recursive: true, force: true });
  cluster?.close();
});

const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** Registers the other webhook, for the pods that ask to get their sidecar before or after us. */
async function register(name: string, caBundle: string, order: string): Promise<void> {
  registrations.push(name);
  const { port } = server.address() as AddressInfo;
  await cluster.requestOk('POST', configurations, {
    metadata: { name },
    webhooks: [
      {
        name: 'sidecar.example.com',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        objectSelector: { matchLabels: { order } },
        sideEffects: 'None',
        failurePolicy: 'Fail',
      },
    ],
  });
  await waitUntil(`the API server to call ${name}`, async () => {
    const { body } = await dryRun(cluster, namespace, podWith('bare', order));
    return body.spec?.containers.length === 2;
  });
}

const podWith = (sidecar: string, order: string) => ({
  metadata: { name: 'web', labels: { [sidecarLabel]: sidecar, order } },
  spec: barePod.spec,
});

const mountOf = (name: string) => ({ name: 'podtemper-tmp', mountPath: '/tmp', subPath: name });

/** Reviews that we have answered with a patch. */
async function patched(): Promise<number> {
  const samples = (await installation.processes[0]?.counters('podtemper_reviews_total')) ?? [];
  return samples.find(({ labels }) => labels['outcome'] === 'patched')?.value ?? 0;
}

describe.each([
  ['before', 1],
  // The second time for the sidecar.
  ['after', 2],
])('another webhook that is called %s us', (order, times) => {
  async function create(sidecar: keyof typeof sidecars): Promise<V1Pod> {
    const before = await patched();
    const { status, body } = await dryRun(cluster, namespace, podWith(sidecar, order));
    expect({ status, body }).toEqual({ status: 201, body: expect.anything() });
    expect((await patched()) - before).toBe(times);
    return body;
  }

  it.each(['bare', 'init'] as const)('has its %s sidecar hardened like the rest', async (sidecar) => {
    const { metadata, spec } = await create(sidecar);
    const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    expect(all.map(({ name }) => name).toSorted()).toEqual(['app', 'sidecar']);
    for (const container of all) {
      expect(container).toMatchObject(hardContainer);
      expect(container.volumeMounts?.filter(({ mountPath }) => mountPath === '/tmp')).toEqual([
        mountOf(container.name),
      ]);
    }
    expect(spec?.volumes?.filter(({ emptyDir }) => emptyDir)).toEqual([
      { name: 'podtemper-tmp', emptyDir: { sizeLimit: '1Gi' } },
    ]);
    expect(metadata?.annotations).toEqual({
      [hardenedAnnotation]: `default: ${usualControls.replaceAll(', ', ',')}`,
    });
  });

  it('keeps what its sidecar needs', async () => {
    const { spec } = await create('root');
    expect(spec?.containers).toMatchObject([hardContainer]);
    expect(spec?.initContainers?.[0]?.securityContext).toEqual({
      ...sidecars.root.container.securityContext,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });
});

it('tells of what it did to both in one create', async () => {
  const args = ['create', '--namespace', namespace, '--dry-run=server', '-f', '-'];
  const pod = { apiVersion: 'v1', kind: 'Pod', ...podWith('root', 'after') };
  const { code, stderr } = await cluster.kubectl(args, { input: JSON.stringify(pod) });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Warning: podtemper: hardened by policy default: /m);
  expect(stderr).toMatch(/^Warning: podtemper: initContainers\/sidecar without runAsNonRoot: /m);
});
