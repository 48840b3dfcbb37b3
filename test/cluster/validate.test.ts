import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CoreV1EventList, V1Pod, V1PodList } from '@kubernetes/client-node';
import {
  barePod,
  dryRun,
  hardenedAnnotation,
  modeLabel,
  ownWarnings,
  policyLabel,
  policyNamed,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const policies = {
  denying: policyNamed('denying', {
    controls: { runtimeSocket: { mode: 'deny' }, privileged: { mode: 'deny' }, sshd: { mode: 'deny' } },
    ephemeralContainers: { mode: 'enforce' },
  }),
  demanding: policyNamed('demanding', { requireHardened: true }),
};
const enforcing = (policy: string) => ({ [modeLabel]: 'enforce', [policyLabel]: policy });

let cluster: Cluster;
let installation: Installation;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies, webhook: { ephemeralContainers: true } } });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** A pod that mounts the socket of its node's container runtime. */
const builder = (annotations = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'builder', annotations },
  spec: {
    containers: [
      { name: 'build', image: 'a', volumeMounts: [{ name: 'docker', mountPath: '/var/run/docker.sock' }] },
    ],
    volumes: [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }],
  },
});

const deployment = (spec: object, annotations = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' }, annotations }, spec },
  },
});
const plain = { containers: [{ name: 'app', image: 'registry.example/app:1' }] };

const apply = (namespace: string, object: object, ...args: string[]) =>
  cluster.kubectl(['apply', '--namespace', namespace, ...args, '-f', '-'], { input: JSON.stringify(object) });

const warningsIn = (stderr: string) =>
  ownWarnings(stderr.split('\n').map((line) => line.replace(/^Warning: /, '')));

describe('what a policy denies', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await installation.createNamespace('denying', enforcing('denying'));
  });

  it('is refused, and the person at kubectl reads a sentence, then what to write, then how to opt out', async () => {
    const { code, stderr } = await apply(namespace, builder());
    const refusal = stderr.split('\n').filter((line) => !line.startsWith('Warning: '));
    expect(code).toBe(1);
    expect(refusal).toEqual([
      'Error from server (Forbidden): error when creating "STDIN": admission webhook "pods.validate.podtemper.io" denied ' +
        `the request: policy denying in namespace ${namespace} refuses the pod for runtimeSocket`,
      expect.stringMatching(
        /^- runtimeSocket: spec\.volumes\[0\]\.hostPath\.path is \/var\/run\/docker\.sock \(containers\/build\): /,
      ),
      expect.stringContaining(
        'podtemper.io/opt-out: runtimeSocket, best with podtemper.io/opt-out-reason: <why>',
      ),
      '',
    ]);
    expect(warningsIn(stderr).join(' ')).toContain('to be refused by runtimeSocket: spec.volumes[0]');
    expect((await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/builder`)).status).toBe(404);
  });

  it('is admitted once the pod has opted out, unless its namespace denies that, which is said', async () => {
    const optOut = {
      'podtemper.io/opt-out': 'runtimeSocket',
      'podtemper.io/opt-out-reason': 'builds images',
    };
    expect(await apply(namespace, builder(optOut), '--dry-run=server')).toMatchObject({ code: 0 });
    const labels = { ...enforcing('denying'), 'podtemper.io/opt-out': 'denied' };
    const strict = await installation.createNamespace('strict', labels);
    const { code, stderr } = await apply(strict, builder(optOut));
    expect(code).toBe(1);
    expect(stderr).toContain(
      `- namespace ${strict} lets no pod opt out of runtimeSocket: its label podtemper.io/opt-out would have to grant that`,
    );
  });

  it('is only warned of in a namespace that only warns', async () => {
    const labels = { ...enforcing('denying'), [modeLabel]: 'warn' };
    const warning = await installation.createNamespace('warning', labels);
    const { code, stderr } = await apply(warning, builder());
    expect(code).toBe(0);
    expect(warningsIn(stderr).join(' ')).toContain(
      'runtimeSocket: spec.volumes[0].hostPath.path is /var/run/docker.sock',
    );
    expect(stderr).not.toContain('refused');
  });

  it('reaches whoever looks after a Deployment as an event of its ReplicaSet', async () => {
    const { spec } = builder();
    const { code, stderr } = await apply(namespace, deployment(spec));
    expect(code).toBe(0);
    expect(warningsIn(stderr)[0]).toBe(
      'its pods will be refused by runtimeSocket: spec.template.spec.volumes[0].hostPath.path is /var/run/docker.sock',
    );
    await waitUntil('the event', async () => {
      const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason=FailedCreate`;
      const { items } = await cluster.requestOk<CoreV1EventList>('GET', path);
      return items.some(({ message }) => message?.includes('refuses the pod for runtimeSocket'));
    });
    await cluster.kubectl(['delete', 'deployment', 'web', '--namespace', namespace]);
  });

  it('is refused in the image of a pod that runs, which can be labelled and let go of all the same', async () => {
    await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/pods`, barePod);
    const at = ['--namespace', namespace];
    const image = await cluster.kubectl(['set', 'image', 'pod/bare', 'app=panubo/sshd:1', ...at]);
    expect(image.stderr).toContain(
      'webhook "images.validate.podtemper.io" denied the request: policy denying',
    );
    expect(
      await cluster.kubectl(['set', 'image', 'pod/bare', 'app=registry.example/app:2', ...at]),
    ).toMatchObject({
      code: 0,
    });
    expect(await cluster.kubectl(['label', 'pod', 'bare', 'team=blue', ...at])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('is refused to kubectl debug, which works otherwise', async () => {
    const debug = (...args: string[]) =>
      cluster.kubectl(['debug', 'bare', '--image=busybox', '--namespace', namespace, '--quiet', ...args]);
    expect(await debug('--profile=general')).toMatchObject({ code: 0 });
    const refused = await debug('--profile=sysadmin');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'refuses the pod for privileged\n- privileged: spec.ephemeralContainers[1].',
    );
  });

  it('is counted, and logged', async () => {
    const [process] = installation.processes;
    const refusals = (await process?.counters('podtemper_refusals_total')) ?? [];
    const refusedBy = refusals.flatMap(({ labels, value }) => (value > 0 ? [labels['control']] : []));
    expect(refusedBy).toEqual(['privileged', 'runtimeSocket', 'sshd']);
    const lines = (await process?.log())?.filter(({ msg }) => msg === 'pod refused') ?? [];
    expect(lines).toContainEqual(
      expect.objectContaining({ endpoint: 'validate', refusedBy: ['privileged'] }),
    );
  });
});

describe('a namespace that takes hardened pods only', () => {
  it('refuses a pod that was created while the mutating webhook was away, and no other', async () => {
    const namespace = await installation.createNamespace('demanding', enforcing('demanding'));
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const hardened = await cluster.requestOk<V1Pod>('POST', pods, barePod);
    await moveMutatingWebhook('/nowhere');
    try {
      await waitUntil('the API server to miss the mutating webhook', async () => {
        const { status, body } = await dryRun(cluster, namespace, {
          ...barePod,
          metadata: { name: 'other' },
        });
        return (
          status === 403 && String(Object(body).message).includes('podtemper did not get to harden this one')
        );
      });
      const { metadata, spec } = hardened;
      const copy = { metadata: { name: 'copy', annotations: metadata?.annotations ?? {} }, spec };
      expect((await dryRun(cluster, namespace, copy)).status).toBe(201);
      const optOut = { name: 'out', annotations: { 'podtemper.io/opt-out': 'all' } };
      expect((await dryRun(cluster, namespace, { ...barePod, metadata: optOut })).status).toBe(201);
      const lenient = await installation.createNamespace('lenient', { [modeLabel]: 'enforce' });
      expect((await dryRun(cluster, lenient, barePod)).status).toBe(201);
      // What runs already is debugged as before.
      const debug = ['debug', 'bare', '--image=busybox', '--quiet', '--namespace', namespace];
      expect(await cluster.kubectl(debug)).toMatchObject({ code: 0 });
    } finally {
      await moveMutatingWebhook('/mutate');
    }
    await waitUntil('pods to be hardened again', async () => {
      const { body } = await dryRun(cluster, namespace, { ...barePod, metadata: { name: 'other' } });
      return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    });
  });

  /** Has the API server call another path for what may be changed. */
  async function moveMutatingWebhook(path: string): Promise<void> {
    const registration = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${installation.release}`;
    const patch = [{ op: 'replace', path: '/webhooks/0/clientConfig/service/path', value: path }];
    await cluster.requestOk('PATCH', registration, patch, { contentType: 'application/json-patch+json' });
  }
});

describe('the author of a workload', () => {
  let namespace: string;
  const changes =
    'its pods will be hardened by policy default: allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, ' +
    'resources, runAsNonRoot, seccompProfile';

  beforeAll(async () => {
    namespace = await installation.createNamespace('authors', { [modeLabel]: 'enforce' });
  });

  it('reads at kubectl apply what the pods will get, and the workload is stored as it was written', async () => {
    for (const args of [['--dry-run=server'], ['--server-side', '--dry-run=server'], []]) {
      const { code, stderr } = await apply(namespace, deployment(plain), ...args);
      expect({ args, code, warnings: warningsIn(stderr) }).toEqual({ args, code: 0, warnings: [changes] });
    }
    const stored = await cluster.requestOk<{ spec: { template: { spec: V1Pod['spec'] } } }>(
      'GET',
      `/apis/apps/v1/namespaces/${namespace}/deployments/web`,
    );
    expect(stored.spec.template.spec?.containers[0]).not.toHaveProperty('resources.limits');
    expect(stored.spec.template.spec?.containers[0]?.securityContext).toBeUndefined();
  });

  it('reads nothing where the template stays as it is', async () => {
    const at = ['--namespace', namespace];
    expect(await cluster.kubectl(['scale', 'deployment', 'web', '--replicas=2', ...at])).toMatchObject({
      stderr: '',
    });
    expect(await cluster.kubectl(['label', 'deployment', 'web', 'team=blue', ...at])).toMatchObject({
      stderr: '',
    });
    expect(await apply(namespace, { ...deployment(plain) })).toMatchObject({ code: 0, stderr: '' });
    const image = await cluster.kubectl([
      'set',
      'image',
      'deployment/web',
      'app=registry.example/app:2',
      ...at,
    ]);
    expect(warningsIn(image.stderr)).toEqual([changes]);
    await waitUntil('pods of the Deployment', async () => {
      const { items } = await cluster.requestOk<V1PodList>('GET', `/api/v1/namespaces/${namespace}/pods`);
      return items.some(({ metadata }) => metadata?.annotations?.[hardenedAnnotation] !== undefined);
    });
  });

  it('reads at most six lines of all that its pods will still lack', async () => {
    const labels = { [modeLabel]: 'enforce', 'pod-security.kubernetes.io/enforce': 'restricted' };
    const strict = await installation.createNamespace('restricted', labels);
    const root = { ...plain.containers[0], securityContext: { runAsUser: 0 } };
    const { stderr } = await apply(
      strict,
      deployment({ containers: [root], hostPID: true }),
      '--dry-run=server',
    );
    const own = stderr.split('\n').filter((line) => line.startsWith('Warning: podtemper: '));
    expect(own.length).toBeLessThanOrEqual(6);
    expect(warningsIn(own.join('\n'))[0]).toMatch(
      /^its pods will be refused by Pod Security level restricted: pod hostPID is true; /,
    );
  });

  it.each(['cronjob', 'job'])('of a %s reads it as well', async (kind) => {
    const schedule = kind === 'cronjob' ? ['--schedule=* * * * *'] : [];
    const create = [
      'create',
      kind,
      'work',
      '--image=registry.example/app:1',
      ...schedule,
      '--namespace',
      namespace,
    ];
    const { code, stderr } = await cluster.kubectl([...create, '--dry-run=server']);
    expect(code).toBe(0);
    expect(warningsIn(stderr)).toEqual([changes]);
  });
});
