import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FactHealth } from '../../src/cluster/factResources.js';
import type { NamespaceFactsSource } from '../../src/cluster/namespaceFacts.js';
import { clusterState, openCluster } from '../../src/commands/cluster.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { recordedLog, type RecordedLog } from '../telemetry/recordedLog.js';
import { parseSamples } from '../telemetry/samples.js';
import { answerJson, FakeApiServer, limitRanges } from './fakeApiServer.js';
import { FakeTiming } from './fakeTiming.js';
import { inTemporaryFolder, writeKubeconfig } from './kubeconfigFile.js';
import { plainFlags } from './plainFlags.js';
import { waitUntil } from '../cluster/waiting.js';

// The client for Kubernetes is loaded within a test, which takes its time.
jest.setTimeout(20_000);
const until = (what: string, holds: () => boolean) =>
  waitUntil(what, async () => holds(), { timeoutSeconds: 15 });

let server: FakeApiServer;
let log: RecordedLog;
let metrics: Metrics;
let facts: NamespaceFactsSource | undefined;
let timing: FakeTiming;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  log = recordedLog();
  timing = new FakeTiming();
  metrics = new Metrics([], [], [], '0');
});

afterEach(async () => {
  facts?.stop();
  await server.close();
});

async function open(): Promise<NamespaceFactsSource> {
  facts = await inTemporaryFolder(async (folder) => {
    const kubeconfig = await writeKubeconfig(folder, { server: server.url });
    return openCluster({ ...plainFlags, kubeconfig }, log, metrics, timing);
  });
  if (facts === undefined) throw new Error('expected a cluster');
  return facts;
}

/** Samples of the facts' metrics that are not 0, as `name{labels}`. */
async function counted(): Promise<string[]> {
  const samples = parseSamples(await metrics.registry.metrics());
  return samples
    .filter(({ name, value }) => name === 'podtemper_namespace_facts_errors_total' && value > 0)
    .map(({ labels, value }) => `${labels.verb} ${labels.resource} ${value}`);
}

const lines = (level: string) => log.lines.filter((line) => line.level === level);
const refusal = 'limitranges is forbidden: User "u" cannot list resource "limitranges"';

describe('a resource that may not be read', () => {
  it('is told of once, with the permission that is missing, and tried until it may', async () => {
    let isForbidden = true;
    server.intercept = ({ pathname }, response) => {
      const isRefused = isForbidden && pathname === limitRanges;
      if (isRefused) answerJson(response, 403, { message: refusal });
      return isRefused;
    };
    const cluster = await open();
    for (const failures of [1, 2, 3]) {
      await until('a failure', () => cluster.health()[1]?.fault?.failures === failures);
      await until('a pause', () => timing.delays().includes(200));
      if (failures < 3) timing.advance(200);
    }
    await until('the other lists', () => cluster.health().filter(({ isKnown }) => isKnown).length === 2);
    const error = `GET ${server.url}${limitRanges}?limit=500: expected status 200, found 403: ${refusal}`;
    expect(clusterState(cluster)).toBe(`waiting for the first list of limitranges; ${error}`);
    expect(lines('warn')).toEqual([
      {
        level: 'warn',
        msg: 'cluster not read, and nothing is known of it yet',
        fields: { component: 'cluster', resource: 'limitranges', verb: 'list', error },
      },
    ]);
    expect(lines('debug')).toHaveLength(2);
    expect(await counted()).toEqual(['list limitranges 3']);

    isForbidden = false;
    timing.advance(600);
    await cluster.ready;
    await until('the end of it', () => lines('info').length === 1);
    expect(clusterState(cluster)).toBe('ok');
    expect(lines('info')).toEqual([
      {
        level: 'info',
        msg: 'cluster read again',
        fields: { component: 'cluster', resource: 'limitranges', afterSeconds: 1 },
      },
    ]);
    expect(lines('warn')).toHaveLength(1);
  });
});

describe('an API server that is away', () => {
  it('leaves the webhook ready, with the age of what it knows', async () => {
    const cluster = await open();
    await cluster.ready;

    await until('three watches', () => timing.delays().filter((delay) => delay === 90_000).length === 3);
    await server.close();
    await until('three lines', () => lines('warn').length === 3);
    timing.advance(100);
    expect(clusterState(cluster)).toBe(
      'ok: facts 0 s old; the API server or something before it cut the connection',
    );
    timing.advance(6900);
    await until('three other causes', () => lines('warn').length === 6);
    expect(clusterState(cluster)).toMatch(/^ok: facts 7 s old; connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
    timing.advance(30_000);
    await until('more tries', () => lines('debug').length === 3);
    expect(clusterState(cluster)).toMatch(/^ok: facts 37 s old; connect ECONNREFUSED/);
    expect(lines('warn')).toHaveLength(6);
    expect(new Set(lines('warn').map(({ msg }) => msg))).toEqual(
      new Set(['cluster not read, the last known facts are in use']),
    );
  });
});

describe('metrics', () => {
  it('have a sample of every resource and verb from the start', async () => {
    await open();
    const samples = parseSamples(await metrics.registry.metrics());
    const labelled = (name: string) =>
      samples.filter((sample) => sample.name === name).map(({ labels }) => Object.values(labels).join(' '));
    const resources = ['namespaces', 'limitranges', 'resourcequotas'];
    expect(labelled('podtemper_namespace_facts_errors_total')).toEqual(
      resources.flatMap((resource) => ['get', 'list', 'watch'].map((verb) => `${resource} ${verb}`)),
    );
    expect(labelled('podtemper_namespace_facts_age_seconds')).toEqual(resources);
  });

  it('are none without a cluster', async () => {
    expect(await openCluster({ ...plainFlags, cluster: false }, log, metrics)).toBeUndefined();
    expect(await metrics.registry.metrics()).not.toContain('podtemper_namespace_facts');
    expect(lines('warn')).toMatchObject([{ fields: { why: '--no-cluster', mode: 'warn' } }]);
  });
});

describe('readiness', () => {
  const well = { isKnown: true, ageMilliseconds: 90_000, fault: undefined };
  const health = (own: Partial<FactHealth>): { health: () => FactHealth[] } => ({
    health: () => [
      { resource: 'namespaces', ...well },
      { resource: 'limitranges', ...well, ...own },
      { resource: 'resourcequotas', ...well, ...own },
    ],
  });
  const fault = { error: new Error('refused'), failures: 2, since: 0 };

  it.each([
    ['ok', {}],
    ['ok: facts 121 s old', { ageMilliseconds: 121_000 }],
    ['ok: facts 90 s old; refused', { fault }],
    ['waiting for the first list of limitranges, resourcequotas', { isKnown: false }],
    ['waiting for the first list of limitranges, resourcequotas; refused', { isKnown: false, fault }],
  ])('says %j', (state, own) => {
    expect(clusterState(health(own))).toBe(state);
  });
});
