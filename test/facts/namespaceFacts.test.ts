import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../src/cluster/connection.js';
import {
  type FactFailure,
  type FactHealth,
  type FactResource,
  factResources,
} from '../../src/cluster/factResources.js';
import { type NamespaceFactsSource, watchNamespaceFacts } from '../../src/cluster/namespaceFacts.js';
import { answerJson, FakeApiServer, limitRanges, namespaces, resourceQuotas } from './fakeApiServer.js';
import { FakeTiming } from './fakeTiming.js';
import { inTemporaryFolder, writeKubeconfig } from './kubeconfigFile.js';
import { until } from './until.js';

const resources = [namespaces, limitRanges, resourceQuotas];
const meaningful = {
  'openshift.io/sa.scc.uid-range': '1000/10000',
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[]',
};
const shop = (mode: string) => ({
  metadata: {
    name: 'shop',
    labels: {
      'podtemper.io/mode': mode,
      'pod-security.kubernetes.io/enforce': 'baseline',
      'kubernetes.io/metadata.name': 'shop',
    },
    annotations: { ...meaningful, 'example.com/notes': 'long' },
  },
});
const range = (name: string, memory: string) => ({
  metadata: { name, namespace: 'shop', labels: { team: 'a' } },
  spec: { limits: [{ type: 'Container', max: { memory }, default: { memory } }] },
});
const quota = (pods: string, usedPods: string) => ({
  metadata: { name: 'pods', namespace: 'shop' },
  spec: { hard: { pods }, scopes: ['NotBestEffort'] },
  status: { used: { pods: usedPods } },
});
const keptRange = (name: string, memory: string) => ({ metadata: { name }, spec: range(name, memory).spec });

let server: FakeApiServer;
let timing: FakeTiming;
let source: NamespaceFactsSource | undefined;
let failures: FactFailure[];
let recoveries: [resource: string, milliseconds: number][];

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  timing = new FakeTiming();
  [failures, recoveries] = [[], []];
});

afterEach(async () => {
  source?.stop();
  await server.close();
});

async function watch(): Promise<NamespaceFactsSource> {
  const connection = await inTemporaryFolder(async (folder) =>
    connect({ kubeconfig: await writeKubeconfig(folder, { server: server.url }) }),
  );
  if (connection === undefined) throw new Error('expected a connection');
  source = watchNamespaceFacts(connection, {
    timing,
    onFailure: (failure) => failures.push(failure),
    onRecovery: (...recovery) => recoveries.push(recovery),
  });
  return source;
}

const healthy = (resource: FactResource): FactHealth => ({
  resource,
  isKnown: true,
  ageMilliseconds: 0,
  fault: undefined,
});

/** Starts with the namespace `shop` and waits until all three watches stand. */
async function watchShop(): Promise<NamespaceFactsSource> {
  server.put(namespaces, shop('enforce'));
  server.put(limitRanges, range('b', '2Gi'));
  server.put(resourceQuotas, quota('10', '1'));
  const started = await watch();
  await started.ready;
  await until('three watches', () => resources.every((path) => server.watches(path) === 1));
  return started;
}

/** Requests for one namespace: none of the lists and watches of all. */
const fetches = () => server.requests.filter((request) => request.startsWith(`${namespaces}/`));

describe('get', () => {
  it('gives what matters of a namespace, its LimitRanges and its quotas, and nothing else', async () => {
    const started = await watchShop();
    expect(started.get('shop')).toEqual({
      name: 'shop',
      labels: { 'podtemper.io/mode': 'enforce', 'pod-security.kubernetes.io/enforce': 'baseline' },
      annotations: meaningful,
      limitRanges: [keptRange('b', '2Gi')],
      resourceQuotas: [
        { metadata: { name: 'pods' }, spec: { hard: { pods: '10' }, scopes: ['NotBestEffort'] } },
      ],
    });
    expect(started.get('unknown')).toBeUndefined();
  });

  it('knows nothing before all three lists are there: half of the facts could break a pod', async () => {
    let isHeld = true;
    server.intercept = (url, response) => {
      const isRefused = isHeld && url.pathname === limitRanges;
      if (isRefused) answerJson(response, 500, { message: 'later' });
      return isRefused;
    };
    server.put(namespaces, shop('enforce'));
    const started = await watch();
    await until('two watches', () => server.watches(namespaces) + server.watches(resourceQuotas) === 2);
    await until('a failure', () => failures.length === 1);
    expect([started.isReady(), started.get('shop'), ...started.labels()]).toEqual([false, undefined]);
    isHeld = false;
    await until('the pause', () => timing.delays().includes(200));
    timing.advance(200);
    await started.ready;
    expect([started.isReady(), started.get('shop')?.name]).toEqual([true, 'shop']);
    expect([...started.labels()]).toEqual([started.get('shop')?.labels]);
    const failure = { resource: 'limitranges', verb: 'list', isRepeated: false, isKnown: false };
    expect(failures).toEqual([{ ...failure, error: expect.objectContaining({ status: 500 }) }]);
    await until('the recovery', () => recoveries.length === 1);
    expect(recoveries).toEqual([['limitranges', 200]]);
  });

  it('gives the same object until something of it changes', async () => {
    const started = await watchShop();
    const first = started.get('shop');
    server.put(resourceQuotas, quota('10', '2'));
    server.put(namespaces, { ...shop('enforce'), status: { phase: 'Active' } });
    server.put(limitRanges, range('a', '1Gi'));
    await until('the new LimitRange', () => started.get('shop')?.limitRanges.length === 2);
    const second = started.get('shop');
    expect(second?.limitRanges).toEqual([keptRange('a', '1Gi'), keptRange('b', '2Gi')]);
    expect(first?.limitRanges).toEqual([keptRange('b', '2Gi')]);

    server.put(resourceQuotas, quota('10', '3'));
    server.put(namespaces, { metadata: { name: 'other' } });
    server.bookmark(limitRanges);
    await until('the other namespace', () => started.get('other') !== undefined);
    expect(started.get('shop')).toBe(second);
  });

  it('gives the same object after a new list that brings nothing new', async () => {
    const started = await watchShop();
    const before = started.get('shop');
    server.putUnseen(resourceQuotas, quota('10', '9'));
    for (const path of resources) server.expire(path);
    await until('pauses', () => timing.delays().filter((delay) => delay === 200).length === 3);
    timing.advance(200);
    await until('new lists', () => resources.every((path) => server.watchRequests(path).length === 2));
    expect(started.get('shop')).toBe(before);
  });

  it('follows labels, quotas and what is removed', async () => {
    const started = await watchShop();
    server.put(namespaces, shop('audit'));
    await until('the label', () => started.get('shop')?.labels['podtemper.io/mode'] === 'audit');
    server.put(resourceQuotas, quota('20', '1'));
    await until('the quota', () => started.get('shop')?.resourceQuotas[0]?.spec?.hard?.pods === '20');
    server.remove(limitRanges, range('b', '2Gi'));
    await until('no LimitRange', () => started.get('shop')?.limitRanges.length === 0);
    server.remove(namespaces, shop('audit'));
    await until('no namespace', () => started.get('shop') === undefined);
  });

  it('goes on with the last that was known while the API server is away', async () => {
    const started = await watchShop();
    const before = started.get('shop');
    expect(started.health()).toEqual(factResources.map((resource) => healthy(resource)));
    await server.close();
    await until('three failures', () => failures.length === 3);
    timing.advance(100);
    expect(started.get('shop')).toBe(before);
    expect(await started.fetch('shop')).toBe(before);
    const fault = { error: expect.anything(), failures: 1, since: 0 };
    expect(started.health()).toEqual(
      factResources.map((resource) => ({ ...healthy(resource), ageMilliseconds: 100, fault })),
    );
    expect(new Set(failures.map(({ resource, isKnown }) => `${resource} ${isKnown}`))).toEqual(
      new Set(factResources.map((resource) => `${resource} true`)),
    );
  });

  it('tells of each resource how long ago it was heard of', async () => {
    const started = await watchShop();
    const ages = () => started.health().map(({ ageMilliseconds }) => ageMilliseconds);
    timing.advance(60_000);
    server.bookmark(namespaces);
    server.bookmark(limitRanges);
    server.put(namespaces, { metadata: { name: 'other' } });
    await until('the event', () => started.get('other') !== undefined);
    await until('a bookmark', () => started.health()[1]?.ageMilliseconds === 0);
    expect(ages()).toEqual([0, 0, 60_000]);
    server.bookmark(resourceQuotas);
    await until('all bookmarks', () => ages().every((age) => age === 0));
  });
});

describe('stop', () => {
  it('ends the watches, the timers and the fetches, and complains of none', async () => {
    const started = await watchShop();
    server.intercept = () => true;
    const facts = started.fetch('other');
    await until('the requests', () => fetches().length === 3);
    started.stop();
    expect(await facts).toBeUndefined();
    await until('no watch', () => resources.every((path) => server.watches(path) === 0));
    expect([timing.delays(), failures]).toEqual([[], []]);
  });
});

describe('fetch', () => {
  it('asks nothing where the cache knows', async () => {
    const started = await watchShop();
    expect(await started.fetch('shop')).toBe(started.get('shop'));
    expect(fetches()).toEqual([]);
  });

  it('asks three things once for all who wait, and remembers the answer for a while', async () => {
    server.intercept = (url, response) => holdLists(url, response);
    server.put(namespaces, shop('warn'));
    server.put(limitRanges, range('b', '2Gi'));
    const started = await watch();
    const [one, other] = await Promise.all([started.fetch('shop'), started.fetch('shop')]);
    expect(one).toMatchObject({ name: 'shop', labels: { 'podtemper.io/mode': 'warn' }, resourceQuotas: [] });
    expect(one?.limitRanges).toEqual([keptRange('b', '2Gi')]);
    expect(other).toBe(one);
    expect(await started.fetch('shop')).toBe(one);
    expect(started.get('shop')).toBe(one);
    const path = `${namespaces}/shop`;
    expect(fetches().sort()).toEqual([path, `${path}/limitranges`, `${path}/resourcequotas`]);
    timing.advance(5000);
    expect(started.get('shop')).toBeUndefined();
  });

  it('gives way to the watch as soon as that brings the namespace', async () => {
    const started = await watchShop();
    const late = (mode: string) => ({ metadata: { name: 'late', labels: { 'podtemper.io/mode': mode } } });
    server.putUnseen(namespaces, late('warn'));
    expect((await started.fetch('late'))?.labels['podtemper.io/mode']).toBe('warn');
    server.put(namespaces, late('enforce'));
    await until('the watch', () => started.get('late')?.labels['podtemper.io/mode'] === 'enforce');
  });

  it('gives up at the deadline, but lets the answer serve the next caller', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    server.intercept = async (url, response) => {
      if (url.pathname.startsWith(`${namespaces}/`)) await held;
      return holdLists(url, response);
    };
    server.put(namespaces, shop('warn'));
    const started = await watch();
    const [hasty, patient] = [started.fetch('shop', 100), started.fetch('shop', 1000)];
    await until('the requests', () => fetches().length === 3);
    timing.advance(100);
    expect(await hasty).toBeUndefined();
    release();
    expect((await patient)?.name).toBe('shop');
    expect((await started.fetch('shop'))?.name).toBe('shop');
    expect(fetches()).toHaveLength(3);
  });

  it('waits 300 ms unless told otherwise', async () => {
    server.intercept = () => true;
    const started = await watch();
    const facts = started.fetch('shop');
    expect(timing.delays()).toContain(300);
    timing.advance(300);
    expect(await facts).toBeUndefined();
  });

  it('knows nothing of a namespace that does not exist, nor where the API server fails', async () => {
    const started = await watchShop();
    expect(await started.fetch('nowhere')).toBeUndefined();
    expect(failures).toEqual([]);
    server.intercept = (url, response) => {
      answerJson(response, 500, { message: 'no' });
      return url.pathname !== '';
    };
    expect(await started.fetch('elsewhere')).toBeUndefined();
    const failure = { resource: 'namespaces', verb: 'get', isRepeated: false, isKnown: false };
    expect(failures).toEqual([{ ...failure, error: expect.objectContaining({ status: 500 }) }]);
  });

  it.each(['', '..', 'a/b', 'A', '-a', 'a?b', 'a'.repeat(64)])(
    'asks nothing for the name "%s"',
    async (name) => {
      const started = await watch();
      expect(await started.fetch(name)).toBeUndefined();
      expect(fetches()).toEqual([]);
    },
  );
});

/** Leaves lists of all namespaces without an answer, so that the cache stays empty. */
function holdLists(url: URL, _response: unknown): boolean {
  return resources.includes(url.pathname);
}
