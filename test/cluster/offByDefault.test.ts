/** The controls that a policy has to switch on, on a real API server: what it stores is what was reported. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { scheduling } from '../../src/controls/scheduling.js';
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
import { comparable, withoutServerRemarks } from './comparablePod.js';
import { type Installation, install } from './installation.js';
import { previewItem } from './previewItem.js';
import { connect } from './shared.js';

const pool = { key: 'example.com/pool', operator: 'Equal', value: 'shop', effect: 'NoSchedule' };
const scope = {
  nodeSelector: { 'example.com/pool': 'shop' },
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd', ''] }] }],
    },
  },
  tolerations: [pool],
  topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', podLabels: ['app'] }],
};

const ids = ['serviceAccountToken', 'hostUsers', 'scheduling', 'hostPathReadOnly'] as const;
const on = { mode: 'enforce' };
const policies = {
  token: policyNamed('token', { controls: { serviceAccountToken: on } }),
  users: policyNamed('users', { controls: { hostUsers: on } }),
  scope: policyNamed('scope', { controls: { scheduling: { ...on, ...scope } } }),
  paths: policyNamed('paths', { controls: { hostPathReadOnly: on } }),
  all: policyNamed('all', {
    controls: {
      serviceAccountToken: on,
      hostUsers: on,
      scheduling: { ...on, ...scope },
      hostPathReadOnly: on,
    },
  }),
};
type PolicyName = keyof typeof policies;

let cluster: Cluster;
let installation: Installation;
let plain: string;
const namespaces = new Map<PolicyName, string>();

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies } });
  plain = await installation.createNamespace('plain');
  for (const name of Object.keys(policies) as PolicyName[]) {
    const labels = { [modeLabel]: 'enforce', [policyLabel]: name };
    namespaces.set(name, await installation.createNamespace(name, labels));
  }
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

const podOf = (spec: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bare', ...metadata },
  spec: { ...barePod.spec, ...spec },
});

/** Creates the pod under the policy, and makes sure of all that holds for every pod: the stored one is the one that the
 *  preview shows, and made again it is left as it is. */
async function created(policy: PolicyName, pod: ReturnType<typeof podOf>): Promise<V1Pod> {
  const namespace = namespaces.get(policy) ?? '';
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { status, body } = await cluster.request<V1Pod>('POST', path, pod);
  expect({ status, body }).toEqual({ status: 201, body: expect.anything() });
  const stored = await cluster.requestOk<V1Pod>('GET', `${path}/${pod.metadata.name}`);
  await cluster.requestOk('DELETE', `${path}/${pod.metadata.name}?gracePeriodSeconds=0`);
  expect(stored.spec).toEqual(body.spec);
  const again = await dryRun(cluster, namespace, comparable(stored));
  expect(comparable(again.body)).toEqual(comparable(stored));
  expect(ownWarnings(again.warnings).filter((text) => text.startsWith('hardened by'))).toEqual([]);
  const shown = await dryRun(cluster, plain, (await previewItem(installation, pod, namespace)).hardened);
  expect(withoutServerRemarks(comparable(shown.body))).toEqual(withoutServerRemarks(comparable(stored)));
  return stored;
}

/** Why the control left the pod alone. */
async function reasonOf(
  control: (typeof ids)[number],
  policy: PolicyName,
  pod: object,
): Promise<string | undefined> {
  const { decisions } = await previewItem(installation, pod, namespaces.get(policy) ?? '');
  return decisions.find((decision) => decision.control === control)?.reason;
}

const changedBy = ({ metadata }: V1Pod) =>
  metadata?.annotations?.[hardenedAnnotation]?.replace(/^.*: /, '').split(',') ?? [];
const mountsIn = (spec: V1PodSpec | undefined) =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(
    ({ volumeMounts }) => volumeMounts ?? [],
  );
const isToken = ({ name }: { name: string }) => name.startsWith('kube-api-access-');
const own = (name: string, path: string, more: object = {}) => ({
  volumes: [{ name, hostPath: { path } }],
  containers: [
    { name: 'app', image: 'registry.example/app:1', volumeMounts: [{ name, mountPath: '/host', ...more }] },
  ],
});

it('are off where no policy names them', async () => {
  const namespace = await installation.createNamespace('default-policy', { [modeLabel]: 'enforce' });
  const { body } = await dryRun(cluster, namespace, podOf(own('etc', '/etc')));
  expect(changedBy(body).filter((id) => ids.some((one) => one === id))).toEqual([]);
  expect(body.spec?.volumes?.some(isToken)).toBe(true);
});

describe('serviceAccountToken', () => {
  it('takes the token out of every container of a pod that names no account', async () => {
    const initContainers = [{ name: 'setup', image: 'registry.example/app:1' }];
    const { body: without } = await dryRun(cluster, plain, podOf({ initContainers }));
    expect(mountsIn(without.spec).filter(isToken)).toHaveLength(2);
    const { spec, ...pod } = await created('token', podOf({ initContainers }));
    expect(changedBy(pod)).toContain('serviceAccountToken');
    expect(spec).toMatchObject({ automountServiceAccountToken: false, serviceAccountName: 'default' });
    expect([...(spec?.volumes ?? []), ...mountsIn(spec)].filter(isToken)).toEqual([]);
    expect(spec?.volumes).toEqual([{ name: 'podtemper-tmp', emptyDir: { sizeLimit: '1Gi' } }]);
  });

  it('leaves no list behind where the token was all that it held', async () => {
    const annotations = { 'podtemper.io/opt-out': 'readOnlyRootFilesystem' };
    const { spec } = await created('token', podOf({}, { annotations }));
    expect(spec?.volumes).toBeUndefined();
    expect(spec?.containers[0]?.volumeMounts).toBeUndefined();
  });

  it('leaves the token to a pod that names an account, asks for it, or mounts it itself', async () => {
    const namespace = namespaces.get('token') ?? '';
    await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name: 'operator' },
    });
    const { body: made } = await dryRun(cluster, plain, barePod);
    const volume = made.spec?.volumes?.find(isToken);
    const volumeMounts = [{ name: volume?.name, mountPath: '/token' }];
    for (const spec of [
      { serviceAccountName: 'operator' },
      { automountServiceAccountToken: true },
      { volumes: [volume], containers: [{ name: 'app', image: 'registry.example/app:1', volumeMounts }] },
      { volumes: [{ name: volume?.name, projected: { sources: volume?.projected?.sources?.slice(0, 1) } }] },
    ]) {
      const { status, body } = await dryRun(cluster, namespace, podOf(spec));
      expect({ status, token: body.spec?.volumes?.some(isToken) }).toEqual({ status: 201, token: true });
      expect(changedBy(body)).not.toContain('serviceAccountToken');
      expect(body.spec?.automountServiceAccountToken).not.toBe(false);
    }
  });
});

describe('hostUsers', () => {
  it('gives a pod a user namespace of its own', async () => {
    expect((await created('users', podOf({}))).spec).toMatchObject({ hostUsers: false });
  });

  const claim = { name: 'raw', persistentVolumeClaim: { claimName: 'raw' } };
  const devices = [
    {
      name: 'app',
      image: 'registry.example/app:1',
      volumeDevices: [{ name: 'raw', devicePath: '/dev/xvda' }],
    },
  ];

  it.each([
    ['hostNetwork', { hostNetwork: true }],
    ['hostPID', { hostPID: true }],
    ['hostIPC', { hostIPC: true }],
    ['a block device', { volumes: [claim], containers: devices }],
  ])('stays out of the way of %s, with which the API server refuses it', async (_what, spec) => {
    const { status } = await dryRun(cluster, plain, podOf({ ...spec, hostUsers: false }));
    expect(status).toBe(422);
    expect((await created('users', podOf(spec))).spec?.hostUsers).toBeUndefined();
  });
});

describe('scheduling', () => {
  it('adds the scope of the policy', async () => {
    const { spec } = await created(
      'scope',
      podOf({ nodeSelector: { arch: 'arm' } }, { labels: { app: 'web' } }),
    );
    expect(spec?.nodeSelector).toEqual({ arch: 'arm', 'example.com/pool': 'shop' });
    expect(spec?.affinity).toEqual({ nodeAffinity: scope.nodeAffinity });
    expect(spec?.tolerations).toContainEqual(pool);
    expect(spec?.topologySpreadConstraints).toEqual([
      {
        topologyKey: 'topology.kubernetes.io/zone',
        maxSkew: 1,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ]);
  });

  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'none', controller: true };

  it.each([
    ['other nodes', 'otherNodeSelector', podOf({ nodeSelector: { 'example.com/pool': 'bank' } })],
    ['a node', 'nodeName', podOf({ nodeName: 'node-1' })],
    ['a DaemonSet', 'daemonSet', podOf({}, { ownerReferences: [owner] })],
    [
      'nodes by affinity',
      'ownNodeAffinity',
      podOf({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }],
            },
          },
        },
      }),
    ],
  ])('leaves a pod with %s alone', async (_what, reason, pod) => {
    const [without, body] = [
      await dryRun(cluster, plain, pod),
      await dryRun(cluster, namespaces.get('scope') ?? '', pod),
    ].map((answer) => answer.body);
    const placed = ({ spec }: V1Pod = {}) => [spec?.nodeSelector, spec?.affinity, spec?.tolerations];
    expect(placed(body)).toEqual(placed(without));
    expect(await reasonOf('scheduling', 'scope', pod)).toBe(reason);
  });

  const terms = (...matchExpressions: object[]) => ({
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  });
  const spread = (more: object) => ({
    topologyKey: 'zone',
    maxSkew: 1,
    whenUnsatisfiable: 'DoNotSchedule',
    ...more,
  });

  it.each([
    { nodeSelector: { 'a/b': 'c' } },
    { nodeSelector: { 'a/b/c': 'd' } },
    { nodeSelector: { '-a': 'b' } },
    { nodeSelector: { [`${'a'.repeat(253)}/${'b'.repeat(63)}`]: 'c' } },
    { nodeSelector: { [`${'a'.repeat(254)}/b`]: 'c' } },
    { nodeSelector: { ['a'.repeat(64)]: 'b' } },
    { nodeSelector: { 'A.b_c-D': '' } },
    { nodeSelector: { a: 'b'.repeat(64) } },
    { nodeSelector: { a: 'b c' } },
    { nodeSelector: { a: 'b-' } },
    { nodeSelector: { 'Upper.example/a': 'b' } },
    { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
    { tolerations: [{ key: 'a', value: 'b c' }] },
    { tolerations: [{ key: 'a', tolerationSeconds: 5 }] },
    { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }] },
    { tolerations: [{ key: 'a', effect: 'NoExecute', tolerationSeconds: -5 }] },
    { tolerations: [{ key: 'a', effect: 'Never' }] },
    { tolerations: [{ key: 'a', operator: 'Near' }] },
    { tolerations: [{ key: 'a b' }] },
    { nodeAffinity: terms({ key: 'a', operator: 'In' }) },
    { nodeAffinity: terms({ key: 'a', operator: 'In', values: ['b', ''] }) },
    { nodeAffinity: terms({ key: 'a', operator: 'NotIn', values: [] }) },
    { nodeAffinity: terms({ key: 'a', operator: 'Exists', values: ['b'] }) },
    { nodeAffinity: terms({ key: 'a', operator: 'DoesNotExist' }) },
    { nodeAffinity: terms({ key: 'a', operator: 'Gt', values: ['5'] }) },
    { nodeAffinity: terms({ key: 'a', operator: 'Lt', values: ['1', '2'] }) },
    { nodeAffinity: terms({ key: 'a b', operator: 'Exists' }) },
    { topologySpreadConstraints: [spread({ maxSkew: 0 })] },
    { topologySpreadConstraints: [spread({ minDomains: 2 })] },
    { topologySpreadConstraints: [spread({ minDomains: 0 })] },
    { topologySpreadConstraints: [spread({ minDomains: 2, whenUnsatisfiable: 'ScheduleAnyway' })] },
    { topologySpreadConstraints: [spread({}), spread({ maxSkew: 2 })] },
    { topologySpreadConstraints: [spread({}), spread({ whenUnsatisfiable: 'ScheduleAnyway' })] },
    { topologySpreadConstraints: [spread({ nodeAffinityPolicy: 'Honor', nodeTaintsPolicy: 'Maybe' })] },
    { topologySpreadConstraints: [spread({ nodeAffinityPolicy: 'Honor', nodeTaintsPolicy: 'Ignore' })] },
  ])('takes of a policy what the API server takes of a pod: %j', async (options) => {
    const { nodeAffinity, ...spec } = { nodeAffinity: undefined, ...options };
    const { status } = await dryRun(
      cluster,
      plain,
      podOf({ ...spec, ...(nodeAffinity && { affinity: { nodeAffinity } }) }),
    );
    expect(scheduling.options.safeParse(options).success).toBe(status === 201);
  });
});

describe('hostPathReadOnly', () => {
  it('closes a sensitive directory of the node, and no other', async () => {
    const { spec } = await created('paths', podOf(own('etc', '/etc/')));
    expect(mountsIn(spec)).toContainEqual({ name: 'etc', mountPath: '/host', readOnly: true });
    const { spec: other } = await created('paths', podOf(own('logs', '/var/log')));
    expect(mountsIn(other)).toContainEqual({ name: 'logs', mountPath: '/host' });
  });

  it('cannot tell an explicit false from unset, as the preview says, and heeds an opt-out', async () => {
    const open = podOf(own('etc', '/etc', { readOnly: false }));
    const { body } = await dryRun(cluster, namespaces.get('paths') ?? '', open);
    expect(mountsIn(body.spec)).toContainEqual({ name: 'etc', mountPath: '/host', readOnly: true });
    expect(await reasonOf('hostPathReadOnly', 'paths', open)).toBe('explicitlyWritable');
    const annotations = { 'podtemper.io/opt-out': 'hostPathReadOnly' };
    const { spec } = await created('paths', podOf(own('etc', '/etc', { readOnly: false }), { annotations }));
    expect(mountsIn(spec)).toContainEqual({ name: 'etc', mountPath: '/host' });
  });
});

describe('all of them together', () => {
  it('change one pod', async () => {
    const labels = { app: 'web' };
    const pod = await created(
      'all',
      podOf(
        { ...own('etc', '/etc'), initContainers: [{ name: 'setup', image: 'registry.example/app:1' }] },
        { labels },
      ),
    );
    expect(changedBy(pod)).toEqual(
      expect.arrayContaining(['hostPathReadOnly', 'scheduling', 'serviceAccountToken']),
    );
    expect(pod.spec?.hostUsers).toBeUndefined(); // a hostPath may not be mapped
    expect((await created('all', podOf({}, { labels }))).spec).toMatchObject({ hostUsers: false });
  });
});
