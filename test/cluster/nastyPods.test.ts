import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import fastJsonPatch from 'fast-json-patch';
import { type ApiResponse } from './apiClient.js';
import { barePod, dryRun, hardenedAnnotation, modeLabel, ownWarnings, policyNamed } from './barePod.js';
import { type Cluster } from './cluster.js';
import { comparable } from './comparablePod.js';
import { type Installation, install } from './installation.js';
import { NamespacePairs } from './namespacePairs.js';
import { type CreatedPod, podOf, readNastyPods, valueAt } from './nastyPods.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const { created, others } = readNastyPods();

const request128 = policyNamed('request128', {
  controls: { resources: { mode: 'enforce', requests: { cpu: '50m', memory: '128Mi' } } },
});

let cluster: Cluster;
let installation: Installation;
let pairs: NamespacePairs;
/** How many pods that were to be created met each outcome. */
const outcomes = { hardened: 0, 'left alone': 0, refused: 0 };
let notCreated = 0;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies: { request128 } } });
  pairs = new NamespacePairs(cluster, installation);
  for (const { namespace, refusedIn } of created) {
    for (const setup of [namespace, ...refusedIn]) await pairs.pairFor(setup);
  }
  await pairs.settle();
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
  const total = created.length + others.length;
  const each = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const kinds = others.map(({ kept }) => kept).join(', ');
  process.stdout.write(
    `${total} nasty pods, as expected: ${each.join(', ')}, ${notCreated} not a CREATE (${kinds})\n`,
  );
});

/** How often each control has been skipped for each reason. */
async function skipCounts(): Promise<Map<string, number>> {
  const samples = (await installation.processes[0]?.counters('podtemper_decisions_total')) ?? [];
  const skips = samples.filter(
    ({ labels }) => labels['decision'] === 'skip' && labels['reason'] !== 'notNeeded',
  );
  return new Map(skips.map(({ labels, value }) => [`${labels['reason']} ${labels['control']}`, value]));
}

/** What was skipped since, as a case lists it. */
async function skipsSince(before: ReadonlyMap<string, number>): Promise<Record<string, string[]>> {
  const skips: Record<string, string[]> = {};
  for (const [key, count] of await skipCounts()) {
    const [reason = '', control = ''] = key.split(' ');
    if (count > (before.get(key) ?? 0)) skips[reason] = [...(skips[reason] ?? []), control].toSorted();
  }
  return skips;
}

function expectOutcome({ status, body }: ApiResponse<V1Pod>, refusal: string | undefined): void {
  if (refusal === undefined) expect({ status, body }).toEqual({ status: 201, body: expect.anything() });
  else
    expect({ status, body: JSON.stringify(body) }).toEqual({
      status: expect.any(Number),
      body: expect.stringMatching(refusal),
    });
}

/** What every pod has to hold that is accepted. */
async function expectLaws(
  without: ApiResponse<V1Pod>,
  hardened: ApiResponse<V1Pod>,
  optedIn: string,
): Promise<void> {
  const changes = fastJsonPatch.compare(comparable(without.body), comparable(hardened.body));
  const isOurs = ({ path }: { path: string }) => path === '/metadata/annotations/podtemper.io~1hardened';
  expect(changes.filter((change) => change.op !== 'add' && !isOurs(change))).toEqual([]); // never overwritten
  for (const warning of hardened.warnings.filter((text) => !without.warnings.includes(text))) {
    expect(warning).toMatch(/^podtemper: .{1,109}$/);
  }
  const { body: again, warnings } = await dryRun(cluster, optedIn, comparable(hardened.body));
  expect(comparable(again)).toEqual(comparable(hardened.body)); // once is enough
  expect(warnings.filter((text) => text.includes('hardened by'))).toEqual([]);
}

it('are all of the design notes', () => {
  expect(created.length + others.length).toBe(54);
});

describe('a pod that', () => {
  it.each(created.map((pod): [string, CreatedPod] => [`${pod.number}. ${pod.title}`, pod]))(
    '%s',
    async (_title, pod) => {
      const { plain, optedIn } = await pairs.pairFor(pod.namespace);
      const without = await dryRun(cluster, plain, podOf(pod));
      expectOutcome(without, pod.without);
      const before = await skipCounts();
      const hardened = await dryRun(cluster, optedIn, podOf(pod));
      expectOutcome(hardened, pod.with);
      if (pod.with === undefined) {
        expectFields(hardened.body, pod);
        expect(await skipsSince(before)).toEqual(pod.skips);
        const told = ownWarnings(hardened.warnings).filter((text) => !text.startsWith('hardened by policy '));
        expect(told.map((text) => text.split(': ')[0])).toEqual(pod.told);
        if (pod.unchanged) expect(comparable(hardened.body)).toEqual(comparable(without.body));
        if (pod.without === undefined) await expectLaws(without, hardened, optedIn);
      }
      await expectRefusals(pod);
      outcomes[outcomeOf(pod)] += 1;
    },
  );

  function expectFields(body: V1Pod, { fields, unchanged }: CreatedPod): void {
    const found = Object.keys(fields).map((pointer) => [pointer, valueAt(body, pointer)]);
    expect(Object.fromEntries(found)).toEqual(fields);
    const isMarked = !unchanged && fields['metadata/annotations/podtemper.io~1hardened'] !== null;
    if (isMarked) expect(body.metadata?.annotations).toHaveProperty([hardenedAnnotation]);
  }

  async function expectRefusals(pod: CreatedPod): Promise<void> {
    for (const setup of pod.refusedIn) {
      const { plain, optedIn } = await pairs.pairFor(setup);
      expectOutcome(await dryRun(cluster, plain, podOf(pod)), 'violates PodSecurity');
      expectOutcome(await dryRun(cluster, optedIn, podOf(pod)), 'violates PodSecurity');
    }
  }

  function outcomeOf({ with: refusal, unchanged }: CreatedPod): keyof typeof outcomes {
    if (refusal !== undefined) return 'refused';
    return unchanged ? 'left alone' : 'hardened';
  }
});

describe('a pod that exists', () => {
  const container = { name: 'app', image: 'app' };

  /** By the number of the pod. */
  const courses: Record<number, () => Promise<void>> = { 47: labelAnOldPod, 48: addEphemeralContainers };

  it.each(others.map(({ number, title }): [string, number] => [`${number}. ${title}`, number]))(
    '%s',
    async (_title, number) => {
      const course = courses[number];
      if (!course) throw new Error(`nastyPods.yaml: expected a course for number ${number}, found none`);
      await course();
      notCreated += 1;
    },
  );

  async function labelAnOldPod(): Promise<void> {
    const namespace = await installation.createNamespace('existing');
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { spec } = await cluster.requestOk<V1Pod>('POST', path, barePod);
    await cluster.kubectl(['label', 'namespace', namespace, `${modeLabel}=enforce`]);
    await waitUntil('the namespace to be opted in', async () => {
      const { body } = await dryRun(cluster, namespace, { ...barePod, metadata: { name: 'other' } });
      return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    });
    const labels = { team: 'blue' };
    const labelled = await cluster.requestOk<V1Pod>('PATCH', `${path}/bare`, { metadata: { labels } });
    expect(labelled.metadata).toMatchObject({ labels });
    expect(labelled.metadata?.annotations).toBeUndefined();
    expect(labelled.spec).toEqual(spec);
  }

  async function addEphemeralContainers(): Promise<void> {
    const namespace = await installation.createNamespace('ephemeral', { [modeLabel]: 'enforce' });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { spec: before } = await cluster.requestOk<V1Pod>('POST', path, barePod);
    expect(before?.containers[0]?.securityContext?.runAsNonRoot).toBe(true);
    for (const name of ['first', 'second']) {
      const ephemeralContainers = [{ ...container, name, securityContext: { runAsUser: 0 } }];
      const contentType = 'application/strategic-merge-patch+json';
      const patch = { spec: { ephemeralContainers } };
      await cluster.requestOk('PATCH', `${path}/bare/ephemeralcontainers`, patch, { contentType });
    }
    const { spec } = await cluster.requestOk<V1Pod>('GET', `${path}/bare`);
    const { ephemeralContainers, ...rest } = spec ?? {};
    expect(rest).toEqual(before);
    expect(ephemeralContainers).toMatchObject(
      ['second', 'first'].map((name) => ({ name, securityContext: { runAsUser: 0 }, resources: {} })),
    );
  }
});
