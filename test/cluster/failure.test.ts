import { type AddressInfo, type Server, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1MutatingWebhookConfiguration, V1PodList } from '@kubernetes/client-node';
import { barePod, dryRun, hardenedAnnotation, modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster?.close());

/** What became of a pod that was to be created: `hardened`, `as it is`, or the status and message of a refusal. */
async function outcome(namespace: string, pod: object = barePod): Promise<string> {
  const { status, body } = await dryRun(cluster, namespace, pod);
  if (status !== 201) return `${status}: ${String(Object(body).message)}`;
  return body.metadata?.annotations?.[hardenedAnnotation] === undefined ? 'as it is' : 'hardened';
}

describe('with failurePolicy Ignore', () => {
  let installation: Installation;
  let namespace: string;
  let blackHole: Server;

  beforeAll(async () => {
    installation = await install(cluster, { values: { webhook: { timeoutSeconds: 1 } } });
    namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
    blackHole = createServer(() => undefined);
    await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await installation?.uninstall();
    blackHole?.close();
  });

  it('pods are created as they are while the webhook is down, and hardened when it is back', async () => {
    expect(await outcome(namespace)).toBe('hardened');
    await installation.stop();
    const args = ['run', 'web', '--image=nginx', '--namespace', namespace];
    expect(await cluster.kubectl(args)).toEqual({ code: 0, stdout: 'pod/web created\n', stderr: '' });
    expect(await outcome(namespace)).toBe('as it is');
    await installation.start();
    expect(await outcome(namespace)).toBe('hardened');
  });

  it('pods are created as they are while the webhook does not answer', async () => {
    await installation.stop();
    installation.proxy.setTargets([{ host: '127.0.0.1', port: (blackHole.address() as AddressInfo).port }]);
    expect(await outcome(namespace)).toBe('as it is');
    await installation.start();
    expect(await outcome(namespace)).toBe('hardened');
  });
});

describe('with failurePolicy Fail', () => {
  let installation: Installation;
  let namespace: string;
  const values = { webhook: { failurePolicy: 'Fail' } };
  const refusal = /^500: Internal error occurred: failed calling webhook "pods\.podtemper\.io"/;

  beforeAll(async () => {
    const args = ['--drain-delay=1'];
    installation = await install(cluster, { values, replicas: 2, args, isConfined: true });
    namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
  });

  afterAll(() => installation?.uninstall());

  it('no pod is refused or left as it is while the processes are replaced', async () => {
    const replaced = new AbortController();
    const creations = outcomesUntil(replaced.signal);
    await installation.rollOver().finally(() => replaced.abort());
    expect(await creations).toEqual(['hardened']);
  });

  /** Creates pods, one after the other, and gives the different outcomes. */
  async function outcomesUntil(end: AbortSignal): Promise<string[]> {
    const outcomes = new Set<string>();
    while (!end.aborted) outcomes.add(await outcome(namespace));
    return [...outcomes];
  }

  it('is rid of an authority once all replicas were stopped and its Secret was deleted', async () => {
    const before = await authority();
    await installation.stop();
    const secrets = `/api/v1/namespaces/${installation.namespace}/secrets`;
    await cluster.requestOk('DELETE', `${secrets}/${installation.release}-authority`);
    await installation.start();
    const after = await authority();
    expect(after).not.toContain(before);
    expect([await isTrusted(after), await isTrusted(before)]).toEqual([true, false]);
    expect(await outcome(namespace)).toBe('hardened');
  });

  /** PEM text of what the API server trusts. */
  async function authority(): Promise<string> {
    const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${installation.release}`;
    const { webhooks } = await cluster.requestOk<V1MutatingWebhookConfiguration>('GET', path);
    return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  }

  /** Whether new connections to the Service are served with a certificate of that authority. */
  function isTrusted(ca: string): Promise<boolean> {
    const servername = `${installation.release}.${installation.namespace}.svc`;
    return new Promise((resolve) => {
      const socket = connectTls({ ...installation.proxy.address, servername, ca }, () => {
        resolve(true);
        socket.destroy();
      });
      socket.on('error', () => resolve(false));
    });
  }

  it('pods are refused while the webhook is down, but for those that it has no part in', async () => {
    const plain = await installation.createNamespace('plain');
    const path = `/api/v1/namespaces/${namespace}/pods/bare`;
    await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/pods`, barePod);
    await installation.stop();
    expect(await outcome(namespace, { ...barePod, metadata: { name: 'other' } })).toMatch(refusal);
    const { code, stderr } = await cluster.kubectl(['run', 'web', '--image=nginx', '--namespace', namespace]);
    expect(code).toBe(1);
    expect(stderr).toContain('failed calling webhook "pods.podtemper.io"');

    expect(await outcome(plain)).toBe('as it is');
    // Our own pods must be able to start, in a namespace that opted in by mistake.
    expect(await outcome(installation.namespace, strictPod)).toBe('as it is');
    await cluster.requestOk('PATCH', path, { metadata: { labels: { team: 'blue' } } });
    await cluster.requestOk('DELETE', path);
  });

  const strictPod = {
    metadata: { name: 'strict' },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'app',
          image: 'app',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };

  it('the pods of a Deployment come when the webhook is back', async () => {
    const metadata = { labels: { app: 'web' } };
    await cluster.requestOk('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: metadata.labels }, template: { metadata, spec: barePod.spec } },
    });
    const pods = async () => {
      const list = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`;
      return (await cluster.requestOk<V1PodList>('GET', list)).items;
    };
    await waitUntil('the ReplicaSet to be refused its pod', async () => {
      const args = ['get', 'events', '--namespace', namespace, '--field-selector=reason=FailedCreate'];
      return (await cluster.kubectl(args)).stdout.includes('failed calling webhook');
    });
    expect(await pods()).toEqual([]);
    await installation.start();
    await waitUntil('the pod', async () => (await pods()).length === 1);
    expect((await pods())[0]?.metadata?.annotations).toHaveProperty([hardenedAnnotation]);
  });
});
