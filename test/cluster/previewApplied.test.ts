import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import { modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type ComparablePod, comparable, withoutServerRemarks } from './comparablePod.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';
import { program } from './webhookProcess.js';
import { type ApiObject, makeDue, objectsOf, podCountOf, previewYaml, workloadsFolder } from './workloads.js';

let cluster: Cluster;
let installation: Installation;
let optedIn: string;
let plain: string;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
  optedIn = await installation.createNamespace('opted-in', { [modeLabel]: 'enforce' });
  plain = await installation.createNamespace('plain');
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** Applies manifests, or tries to. */
function apply(namespace: string, input: string, ...flags: string[]) {
  return cluster.kubectl(['apply', '--namespace', namespace, ...flags, '--filename=-'], { input });
}

describe('podtemper preview -o yaml | kubectl apply --dry-run=server -f -', () => {
  const root = new URL('../../', import.meta.url);
  const filesOf = (folder: string) =>
    readdirSync(new URL(folder, root)).map((name) => fileURLToPath(new URL(`${folder}/${name}`, root)));
  const textOf = (path: string) => readFileSync(path, 'utf8');
  const titleOf = (path: string) => path.slice(fileURLToPath(root).length);

  /** All of them are fine. */
  const sound = [...filesOf('test/cluster/workloads'), ...filesOf('manifests/examples')];
  /** What kubectl makes of some of these is an error, before as after; a review is no manifest to it. */
  const others = filesOf('test/preview/manifests').filter(
    (path) => !/\bAdmissionReview\b/.test(textOf(path)),
  );

  it.each([...sound, ...others].map((path) => [titleOf(path), path]))('takes %s', async (_title, path) => {
    // Every object goes to a namespace that there is.
    const text = textOf(path).replaceAll(/\b(namespace"?: *"?)[-a-z]+/g, `$1${plain}`);
    const before = await apply(plain, text, '--dry-run=server');
    const after = await apply(plain, await previewYaml(['-'], text), '--dry-run=server');
    // The API server tells of several errors in any order.
    const errorsOf = ({ stderr }: typeof before) =>
      stderr
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('Warning: '))
        .toSorted();
    expect({ ...after, stderr: errorsOf(after) }).toEqual({ ...before, stderr: errorsOf(before) });
    if (sound.includes(path)) expect(errorsOf(after)).toEqual([]);
  });

  it('is the same as by `kubectl podtemper preview`', async () => {
    const bin = join(cluster.directory, `bin-${randomUUID()}`);
    await mkdir(bin);
    try {
      await symlink(program, join(bin, 'kubectl-podtemper'));
      const PATH = `${bin}:${dirname(process.execPath)}`;
      const args = ['podtemper', 'preview', workloadsFolder, '-o', 'yaml'];
      expect(await cluster.kubectl(args, { env: { PATH } })).toEqual({
        code: 0,
        stdout: await previewYaml([workloadsFolder]),
        stderr: '',
      });
    } finally {
      await rm(bin, { recursive: true });
    }
  });
});

describe('the pods that the real controllers make', () => {
  const node = 'for-daemon-sets';
  /** The label of each workload's pods. */
  const apps =
    'agent backup bare budget database hard legacy mesh migrate odd privileged scratch shards twins web windows'.split(
      ' ',
    );
  let originals: ApiObject[];
  let stored: Map<string, ComparablePod[]>;
  let shown: Map<string, ComparablePod[]>;

  beforeAll(async () => {
    // No kubelet is behind it, but a DaemonSet makes a pod for it.
    const metadata = { name: node, labels: { 'kubernetes.io/os': 'linux' } };
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata });
    expect(await apply(plain, manifest)).toMatchObject({ code: 0 });
    originals = await objectsOf(cluster, { path: workloadsFolder });
    const preview = await previewYaml([workloadsFolder]);
    // Not `apply`, which would keep the whole manifest in an annotation of a pod.
    const create = (namespace: string) => ['create', '--namespace', namespace, '--filename'];
    expect(await cluster.kubectl([...create(optedIn), workloadsFolder])).toMatchObject({ code: 0 });
    expect(await cluster.kubectl([...create(plain), '-'], { input: preview })).toMatchObject({ code: 0 });
    stored = await podsIn(optedIn);
    shown = await podsIn(plain);
  });

  afterAll(async () => {
    await cluster.request('DELETE', `/api/v1/nodes/${node}`);
  });

  /** Pods of all workloads by their label, when there are as many as there have to be. */
  async function podsIn(namespace: string): Promise<Map<string, ComparablePod[]>> {
    for (const { kind, metadata } of originals) {
      const path = `/apis/batch/v1/namespaces/${namespace}/cronjobs/${metadata.name}`;
      if (kind === 'CronJob') await makeDue(cluster, path);
    }
    const expected = originals.reduce((sum, object) => sum + podCountOf(object), 0);
    let items: V1Pod[] = [];
    await waitUntil(`${expected} pods in ${namespace}`, async () => {
      ({ items } = await cluster.requestOk<V1PodList>('GET', `/api/v1/namespaces/${namespace}/pods`));
      return items.length === expected;
    });
    const found = new Map<string, ComparablePod[]>();
    for (const pod of items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))) {
      const app = pod.metadata?.labels?.['app'] ?? '';
      found.set(app, [...(found.get(app) ?? []), withoutServerRemarks(comparable(withoutStamps(pod)))]);
    }
    return found;
  }

  const nameOf = ({ metadata }: V1Pod) => metadata?.name ?? '';

  /** Without what its controller stamps on each pod: owner, hashes and IDs among its labels, and its name, which a
   *  StatefulSet puts into the names of claims. */
  function withoutStamps(pod: V1Pod): V1Pod {
    const { labels: _labels, ownerReferences: _owners, ...metadata } = pod.metadata ?? {};
    return JSON.parse(JSON.stringify({ metadata, spec: pod.spec }).replaceAll(nameOf(pod), '<name>'));
  }

  it('are of every workload', () => {
    expect([...stored.keys()].toSorted()).toEqual(apps);
    expect([...shown.keys()].toSorted()).toEqual(apps);
  });

  it.each(apps)('of %s are stored as the preview shows', (app) => {
    expect(shown.get(app)).toEqual(stored.get(app));
  });
});
