import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import { barePod, hardenedAnnotation, modeLabel } from './barePod.js';
import { type ControlPlane, startControlPlane } from './controlPlane.js';
import { type Installation, install } from './installation.js';
import { waitUntil } from './waiting.js';

const workload = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: barePod.spec },
  },
});

describe('a cold start of the whole cluster, with failurePolicy Fail', () => {
  // Its own one: no other test could use an API server that goes away.
  let cluster: ControlPlane;
  let installation: Installation;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startControlPlane();
    const webhook = { failurePolicy: 'Fail' };
    installation = await install(cluster, { values: { webhook }, replicas: 2 });
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
  });

  async function podsOf(where: string, selector: string): Promise<V1Pod[]> {
    const path = `/api/v1/namespaces/${where}/pods?labelSelector=${encodeURIComponent(selector)}`;
    return (await cluster.requestOk<V1PodList>('GET', path)).items;
  }

  const own = () => podsOf(installation.namespace, `app.kubernetes.io/instance=${installation.release}`);

  it('recovers by itself: first the system and podtemper, then who waits for it', async () => {
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
