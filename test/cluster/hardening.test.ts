import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import {
  annotated,
  barePod,
  dryRun,
  hardContainer,
  hardenedAnnotation,
  modeLabel,
  ownWarnings,
  policyLabel,
  policyNamed,
  restricted,
  usualControls,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';
import { makeDue } from './workloads.js';

const strict = policyNamed('strict', { optOut: { requireReason: true, requireExpiry: true } });
const user = (runAsUser: number) =>
  policyNamed('user', { controls: { runAsNonRoot: { mode: 'enforce', runAsUser } } });

let cluster: Cluster;
let installation: Installation;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies: { strict, user: user(2000) } } });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** Value of a counter, all of its label sets that have these values added up. */
async function counter(name: string, labels: Record<string, string> = {}): Promise<number> {
  const samples = (await installation.processes[0]?.counters(name)) ?? [];
  const wanted = samples.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return wanted.reduce((sum, { value }) => sum + value, 0);
}

const reviews = () => counter('podtemper_reviews_total');

describe('a namespace', () => {
  it.each([
    ['that has not opted in', {}],
    ['with another label of ours only', { [policyLabel]: 'strict' }],
  ])('%s is left alone', async (title, labels) => {
    const namespace = await installation.createNamespace(title.replaceAll(' ', '-'), labels);
    const before = await reviews();
    const { status, body, warnings } = await dryRun(cluster, namespace, barePod);
    expect({ status, warnings }).toEqual({ status: 201, warnings: [] });
    expect(body.metadata?.annotations).toBeUndefined();
    expect(body.spec?.containers[0]?.securityContext).toBeUndefined();
    expect(await reviews()).toBe(before); // nobody asked us
  });

  it('of ours is left alone though it has opted in, since we could not start there', async () => {
    const { status, body } = await dryRun(cluster, installation.namespace, barePod);
    expect(status).toBe(403);
    expect(JSON.stringify(body)).toContain('violates PodSecurity');
  });

  it('in mode enforce has its pods hardened', async () => {
    const namespace = await installation.createNamespace('enforce', { [modeLabel]: 'enforce' });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { status, warnings } = await cluster.request('POST', path, barePod);
    expect(status).toBe(201);
    expect(ownWarnings(warnings)).toEqual([`hardened by policy default: ${usualControls}`]);
    const { metadata, spec } = await cluster.requestOk<V1Pod>('GET', `${path}/bare`);
    expect(metadata?.annotations).toEqual({
      [hardenedAnnotation]: `default: ${usualControls.replaceAll(', ', ',')}`,
    });
    expect(spec?.containers).toMatchObject([hardContainer]);
    expect(spec?.securityContext).toEqual({});
    expect(spec?.volumes).toContainEqual({ name: 'podtemper-tmp', emptyDir: { sizeLimit: '1Gi' } });
    expect(spec?.containers[0]?.volumeMounts).toContainEqual({
      name: 'podtemper-tmp',
      mountPath: '/tmp',
      subPath: 'app',
    });
    const { stdout } = await cluster.kubectl(['describe', 'pod', 'bare', '--namespace', namespace]);
    expect(stdout).toMatch(/Annotations: +podtemper\.io\/hardened:\s+default: allowPrivilegeEscalation/);
  });

  it('in mode enforce has a line in our log for each pod', async () => {
    const namespace = await installation.createNamespace('logged', { [modeLabel]: 'enforce' });
    const pod = { metadata: { generateName: 'web-' }, spec: barePod.spec };
    expect(await dryRun(cluster, namespace, pod)).toMatchObject({ status: 201 });
    const lines = async () =>
      (await installation.processes[0]?.log())?.filter((line) => line['namespace'] === namespace);
    await waitUntil('the line', async () => (await lines())?.length === 1);
    expect(await lines()).toMatchObject([
      {
        msg: 'pod reviewed',
        name: 'web-?',
        dryRun: true,
        outcome: 'patched',
        policy: 'default',
        mode: 'enforce',
      },
    ]);
  });

  it('in mode warn has its people told and its pods left alone', async () => {
    const namespace = await installation.createNamespace('warn', { [modeLabel]: 'warn' });
    const { body, warnings } = await dryRun(cluster, namespace, barePod);
    expect(ownWarnings(warnings)).toEqual([`would harden by policy default: ${usualControls}`]);
    expect(body.metadata?.annotations).toBeUndefined();
    expect(body.spec?.containers[0]?.securityContext).toBeUndefined();
  });

  it('in mode audit has its pods counted and left alone', async () => {
    const namespace = await installation.createNamespace('audit', { [modeLabel]: 'audit' });
    const labels = { decision: 'would_change' };
    const before = await counter('podtemper_decisions_total', labels);
    const { status, body, warnings } = await dryRun(cluster, namespace, barePod);
    expect({ status, warnings }).toEqual({ status: 201, warnings: [] });
    expect(body.metadata?.annotations).toBeUndefined();
    expect(body.spec?.containers[0]?.securityContext).toBeUndefined();
    expect(await counter('podtemper_decisions_total', labels)).toBe(
      before + usualControls.split(', ').length,
    );
  });

  it('changes its mode while pods are being created', async () => {
    const namespace = await installation.createNamespace('live', { [modeLabel]: 'audit' });
    const isHardened = async () => {
      const { body } = await dryRun(cluster, namespace, barePod);
      return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    };
    expect(await isHardened()).toBe(false);
    await cluster.kubectl(['label', 'namespace', namespace, `${modeLabel}=enforce`, '--overwrite']);
    await waitUntil('mode enforce', isHardened);
    await cluster.kubectl(['label', 'namespace', namespace, `${modeLabel}-`]);
    await waitUntil('no mode', async () => !(await isHardened()));
  });
});

describe('a policy', () => {
  it('is chosen by the namespace, and takes effect when it is changed', async () => {
    const labels = { [modeLabel]: 'enforce', [policyLabel]: 'user' };
    const namespace = await installation.createNamespace('policy', labels);
    const runsAs = async () => {
      const { body } = await dryRun(cluster, namespace, barePod);
      return body.spec?.containers[0]?.securityContext?.runAsUser;
    };
    expect(await runsAs()).toBe(2000);
    await installation.upgrade({ policies: { strict, user: user(3000) } });
    await waitUntil('the new policy', async () => (await runsAs()) === 3000);
  });

  it('that does not exist changes nothing, and its name is pointed out', async () => {
    const labels = { [modeLabel]: 'enforce', [policyLabel]: 'strikt' };
    const namespace = await installation.createNamespace('no-policy', labels);
    const { body, warnings } = await dryRun(cluster, namespace, barePod);
    expect(body.metadata?.annotations).toBeUndefined();
    expect(ownWarnings(warnings)[0]).toMatch(
      /^podtemper\.io\/policy: no policy "strikt", taken as audit; did you mean "?strict"?\?$/,
    );
  });

  it("yields to what the pod's annotations say of its image", async () => {
    const namespace = await installation.createNamespace('own', { [modeLabel]: 'enforce' });
    const annotations = {
      'podtemper.io/run-as-user': '101',
      'podtemper.io/writable-paths': '/var/cache/nginx,run',
    };
    const { body, warnings } = await dryRun(cluster, namespace, annotated(annotations));
    const [container] = body.spec?.containers ?? [];
    expect(container?.securityContext?.runAsUser).toBe(101);
    const mounts = container?.volumeMounts?.filter(({ name }) => name.startsWith('podtemper-'));
    expect(mounts?.map(({ mountPath }) => mountPath)).toEqual(['/tmp', '/var/cache/nginx']);
    expect(ownWarnings(warnings)[0]).toMatch(
      /^podtemper\.io\/writable-paths: expected an absolute path, found "run"/,
    );
  });
});

describe('the pods of a workload', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: barePod.spec };
  const selector = { matchLabels: { app: 'web' } };
  const jobTemplate = {
    spec: { template: { ...template, spec: { ...barePod.spec, restartPolicy: 'Never' } } },
  };
  const apps = 'apis/apps/v1';
  const batch = 'apis/batch/v1';

  it.each([
    ['Deployment', `${apps}/deployments`, { replicas: 2, selector, template }, 'ReplicaSet', 2],
    ['ReplicaSet', `${apps}/replicasets`, { replicas: 1, selector, template }, 'ReplicaSet', 1],
    ['StatefulSet', `${apps}/statefulsets`, { serviceName: 'web', selector, template }, 'StatefulSet', 1],
    ['Job', `${batch}/jobs`, jobTemplate.spec, 'Job', 1],
    ['CronJob', `${batch}/cronjobs`, { schedule: '12 3 * * *', jobTemplate }, 'Job', 1],
  ])('%s are hardened, and it is not', async (kind, resource, spec, owner, count) => {
    const namespace = await installation.createNamespace(kind.toLowerCase(), {
      [modeLabel]: 'enforce',
      ...restricted,
    });
    const collection = `/${resource.replace(/\/(\w+)$/, `/namespaces/${namespace}/$1`)}`;
    await cluster.requestOk('POST', collection, { metadata: { name: 'web' }, spec });
    if (kind === 'CronJob') await makeDue(cluster, `${collection}/web`);
    const pods = async () =>
      (await cluster.requestOk<V1PodList>('GET', `/api/v1/namespaces/${namespace}/pods`)).items;
    await waitUntil(`${count} pods`, async () => (await pods()).length === count);
    for (const pod of await pods()) {
      expect(pod.metadata?.ownerReferences).toMatchObject([{ kind: owner, controller: true }]);
      expect(pod.spec?.containers).toMatchObject([hardContainer]);
      expect(pod.metadata?.annotations).toHaveProperty([hardenedAnnotation]);
    }
    expect(JSON.stringify(await cluster.requestOk('GET', `${collection}/web`))).not.toMatch(
      /podtemper|"runAs/,
    );
  });
});
