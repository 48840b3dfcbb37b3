import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { barePod, hardenedAnnotation, modeLabel } from './barePod.js';
import { type CallerConfiguration, writeCallerConfiguration } from './callerConfiguration.js';
import type { KeyPair } from './certificates.js';
import { type ControlPlane, startControlPlane } from './controlPlane.js';
import { type Installation, install } from './installation.js';
import { hardens, SharedState } from './selfManaged.js';
import { waitUntil } from './waiting.js';

const workload = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: barePod.spec },
  },
});

/** A cluster of its own: no other test could use an API server that goes away, or that presents a certificate. */
describe('a cluster with failurePolicy Fail, whose API server presents a certificate', () => {
  let directory: string;
  let callers: CallerConfiguration;
  let cluster: ControlPlane;
  let installation: Installation;
  let namespace: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podtemper-callers-'));
    callers = await writeCallerConfiguration(directory);
    cluster = await startControlPlane({ apiServerFlags: [callers.flag] });
    const webhook = { failurePolicy: 'Fail' };
    const args = [`--client-ca=${callers.authorityFile}`, '--client-name=kube-apiserver'];
    installation = await install(cluster, { values: { webhook }, replicas: 2, args });
    namespace = await installation.createNamespace('shop', { [modeLabel]: 'enforce' });
    const deployments = (where: string) => `/apis/apps/v1/namespaces/${where}/deployments`;
    await cluster.requestOk('POST', deployments(namespace), workload('web'));
    await cluster.requestOk('POST', deployments('kube-system'), workload('dns'));
    // A label by mistake, on the namespaces that must start first.
    for (const vital of ['kube-system', installation.namespace]) {
      const labels = { [modeLabel]: 'enforce' };
      await cluster.requestOk('PATCH', `/api/v1/namespaces/${vital}`, { metadata: { labels } });
    }
    await waitUntil('every pod', async () => (await podsOf(namespace, 'app=web')).length === 1);
  });

  afterAll(async () => {
    await installation?.uninstall();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function podsOf(where: string, selector: string): Promise<V1Pod[]> {
    const path = `/api/v1/namespaces/${where}/pods?labelSelector=${encodeURIComponent(selector)}`;
    return (await cluster.requestOk<V1PodList>('GET', path)).items;
  }

  const own = () => podsOf(installation.namespace, `app.kubernetes.io/instance=${installation.release}`);

  /** The status of a review that somebody sends to the Service, with that certificate. */
  async function statusFor(pair: KeyPair | undefined, path = '/mutate'): Promise<number | undefined> {
    const [cert, key] = await Promise.all(
      [pair?.certificateFile, pair?.keyFile].map(async (file) => file && readFile(file, 'utf8')),
    );
    const { 'ca.crt': ca } = await new SharedState(cluster, installation).texts();
    const servername = `${installation.release}.${installation.namespace}.svc`;
    const method = path === '/mutate' ? 'POST' : 'GET';
    const headers = { 'content-type': 'application/json' };
    const options = { ...installation.proxy.address, servername, ca, cert, key, method, path, headers };
    const outgoing = request({ ...options, agent: false }).end(method === 'POST' ? reviewOf(plainPod) : '');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  it('is served, and no other client is; probes are', async () => {
    expect(await hardens(cluster, namespace)).toBe(true);
    expect(await statusFor(callers.apiServer)).toBe(200);
    for (const stranger of [undefined, callers.other]) expect(await statusFor(stranger)).toBe(403);
    for (const path of ['/healthz', '/readyz']) expect(await statusFor(undefined, path)).toBe(200);
    const refused = await Promise.all(
      installation.processes.map(
        async (each) => (await each.counters('podtemper_refused_callers_total'))[0]?.value,
      ),
    );
    expect(refused.reduce((sum = 0, each = 0) => sum + each, 0)).toBe(2);
  });

  it('starts cold and recovers by itself: first the system and podtemper, then who waits for it', async () => {
    await installation.stop();
    await cluster.stopApiServer();
    await cluster.startApiServer();
    const atOnce = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    const before = new Set((await own()).map(({ metadata }) => metadata?.uid));
    expect(before.size).toBe(2);
    for (const where of ['kube-system', installation.namespace, namespace])
      await cluster.requestOk('DELETE', `/api/v1/namespaces/${where}/pods`, atOnce);

    await waitUntil("podtemper's own pods", async () => {
      const pods = await own();
      return pods.length === 2 && pods.every(({ metadata }) => !before.has(metadata?.uid));
    });
    await waitUntil("the system's pods", async () => (await podsOf('kube-system', 'app=dns')).length === 1);
    await waitUntil('the workload to be refused its pod', async () => {
      const args = ['get', 'events', '--namespace', namespace, '--field-selector=reason=FailedCreate'];
      return (await cluster.kubectl(args)).stdout.includes('failed calling webhook "pods.podtemper.io"');
    });
    expect(await podsOf(namespace, 'app=web')).toEqual([]);

    await installation.start();
    await waitUntil(
      'the pod of the workload',
      async () => (await podsOf(namespace, 'app=web')).length === 1,
      {
        timeoutSeconds: 60,
      },
    );
    const [pod] = await podsOf(namespace, 'app=web');
    expect(pod?.metadata?.annotations).toHaveProperty([hardenedAnnotation]);
  });
});
