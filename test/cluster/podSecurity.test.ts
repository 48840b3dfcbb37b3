import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import fc from 'fast-check';
import type { Container, Pod } from '../../src/kubernetes.js';
import { type Violation, violationsOf } from '../../src/standards/assess.js';
import { baseline } from '../../src/standards/baseline.js';
import { restricted } from '../../src/standards/restricted.js';
import { type Level, type Version, versionOf } from '../../src/standards/version.js';
import { seed } from '../laws/run.js';
import { debugContainer, standardPod } from '../standards/pods.js';
import type { ApiResponse } from './apiClient.js';
import { dryRun } from './barePod.js';
import type { Cluster } from './cluster.js';
import { warningFor } from './podSecurityMessages.js';
import { connect } from './shared.js';

/** Each pod is judged by this many of the levels and versions. */
const standardsPerPod = 4;
/** `RUNS` makes it fewer or more pods, and `SEED` repeats a run. */
const pods = Number(process.env.RUNS ?? 2400);
/** Pods that get an ephemeral container, which only a stored pod can. */
const debuggedPods = Math.ceil(pods / 20);
const atATime = 12;

/** Where the rules change, the version before, the ends, and what labels say besides. */
const boundaries = [8, 19, 22, 23, 25, 27, 29, 31, 32, 34, 35, 37];
const labels = [
  ...new Set(['v1.0', ...boundaries.flatMap((minor) => [`v1.${minor - 1}`, `v1.${minor}`])]),
  'v1.99',
  'latest',
];
const standards = labels.flatMap((label) =>
  (['restricted', 'baseline'] as const).map((level) => ({
    level,
    label,
    namespace: namespaceOf(level, label),
  })),
);
type Standard = (typeof standards)[number];

function namespaceOf(level: Level, label: string): string {
  return `standards-${level}-${label.replace('.', '-')}`;
}

/** What the API server said of one pod by one standard, and what we say. */
interface Verdict {
  readonly standard: Standard;
  readonly sent: Pod;
  /** As it was admitted, with all defaults: what the plugin has seen. */
  readonly admitted: Pod;
  readonly warning: string | undefined;
  readonly ours: readonly Violation[];
}

let cluster: Cluster;
/** Version of the standards that the server takes for `latest`. */
let newest: Version;
const verdicts: Verdict[] = [];
const refusals: string[] = [];

beforeAll(async () => {
  cluster = await connect();
  newest = versionOf(/^v1\.\d+/.exec(cluster.version)?.[0]);
  const make = ({ level, label, namespace }: Standard) =>
    cluster.createNamespace(namespace, {
      'pod-security.kubernetes.io/warn': level,
      'pod-security.kubernetes.io/warn-version': label,
    });
  await Promise.all(standards.map(make));
});

afterAll(() => {
  cluster?.close();
  const allowed = verdicts.filter(({ warning }) => warning === undefined).length;
  process.stdout.write(
    `Pod Security on ${cluster.version}: ${pods} generated pods, ${labels.length} versions, ` +
      `${refusals.length} refused as invalid, ${verdicts.length} verdicts compared (${allowed} without a complaint), ` +
      `${disagreements(({ ours }) => ours).length} disagreements (SEED=${seed})\n`,
  );
});

const versionIn = ({ label }: Standard) => versionOf(label, newest);

/** The API server's word on a pod. */
async function judge(standard: Standard, pod: Pod): Promise<void> {
  const { namespace } = standard;
  const named = { metadata: { ...pod.metadata, name: 'generated' }, spec: pod.spec };
  keep(standard, pod, await dryRun(cluster, namespace, named));
}

/** The API server's word on a pod to which an ephemeral container is added. */
async function judgeDebugged(standard: Standard, pod: Pod, container: Container): Promise<void> {
  const path = `/api/v1/namespaces/${standard.namespace}/pods`;
  const named = { metadata: { ...pod.metadata, generateName: 'debugged-' }, spec: pod.spec };
  const { metadata } = await cluster.requestOk<V1Pod>('POST', path, named);
  const answer = await cluster.request<V1Pod>(
    'PATCH',
    `${path}/${metadata?.name}/ephemeralcontainers?dryRun=All`,
    { spec: { ephemeralContainers: [container] } },
    { contentType: 'application/strategic-merge-patch+json' },
  );
  keep(standard, { ...pod, spec: { ...pod.spec, ephemeralContainers: [container] } }, answer);
}

function keep(standard: Standard, sent: Pod, { status, body, warnings }: ApiResponse<V1Pod>): void {
  if (status === 200 || status === 201) {
    const admitted = podOf(body);
    const warning = warnings.find((text) => text.startsWith('would violate PodSecurity'));
    const ours = violationsOf(admitted, standard.level, versionIn(standard));
    verdicts.push({ standard, sent, admitted, warning, ours });
  } else {
    refusals.push(JSON.stringify(body));
  }
}

function podOf({ metadata, spec }: V1Pod): Pod {
  if (metadata === undefined || spec === undefined) throw new Error('expected a pod, found none');
  return { metadata, spec };
}

/** Where a judge would say other than the API server did. */
function disagreements(judgement: (verdict: Verdict) => readonly Violation[]): Verdict[] {
  return verdicts.filter((verdict) => {
    const { level, label } = verdict.standard;
    return warningFor(level, label, judgement(verdict)) !== verdict.warning;
  });
}

async function askAll(queue: (() => Promise<unknown>)[]): Promise<void> {
  while (queue.length > 0) await Promise.all(queue.splice(0, atATime).map((ask) => ask()));
}

function isHostProcess({ securityContext, containers }: Pod['spec']): boolean {
  return [{ securityContext }, ...containers].some(
    (holder) => holder.securityContext?.windowsOptions?.hostProcess === true,
  );
}

describe('Pod Security', () => {
  it('is judged as the API server judges it, each message to the letter', async () => {
    const queue = fc.sample(standardPod, { seed, numRuns: pods }).flatMap((pod, index) =>
      Array.from({ length: standardsPerPod }, (_, turn) => {
        const standard = standards[(index * standardsPerPod + turn) % standards.length];
        return async () => standard && judge(standard, pod);
      }),
    );
    await askAll(queue);
    expectAgreement();
  }, 600_000);

  it('is judged so with ephemeral containers as well', async () => {
    const onLinux = standardPod.filter(({ spec }) => spec.os === undefined && !isHostProcess(spec));
    const pairs = fc.sample(fc.tuple(onLinux, debugContainer), { seed, numRuns: debuggedPods });
    const before = verdicts.length;
    await askAll(
      pairs.map(([pod, container], index) => {
        const standard = standards.at(-1 - (index % 12));
        return async () => standard && judgeDebugged(standard, pod, container);
      }),
    );
    expect(verdicts.length - before).toBeGreaterThan(0.8 * debuggedPods);
    expectAgreement();
  }, 120_000);

  function expectAgreement(): void {
    const [first, ...others] = disagreements(({ ours }) => ours);
    expect({ SEED: seed, first, others: others.length }).toEqual({ SEED: seed, first: undefined, others: 0 });
    const isTooMany = refusals.length > 0.05 * verdicts.length;
    expect(isTooMany ? refusals.slice(0, 5) : []).toEqual([]);
  }

  it('is judged alike before the API server has filled in its defaults', () => {
    const wrong = verdicts.filter(({ sent, standard, warning }) => {
      const isAllowed = violationsOf(sent, standard.level, versionIn(standard)).length === 0;
      return isAllowed !== (warning === undefined);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the comparison tells of a judge', () => {
  it.each([...baseline, ...restricted].map(({ id, since }) => ({ id, since })))(
    'that forgets $id',
    ({ id, since }) => {
      const found = disagreements(({ ours }) => ours.filter(({ check }) => check !== id));
      expect(found.length > 0).toBe(since <= newest);
    },
  );

  it.each(boundaries)('that comes to v1.%d one version late', (minor) => {
    const found = disagreements(({ standard, admitted, ours }) =>
      versionIn(standard) === minor ? violationsOf(admitted, standard.level, minor - 1) : ours,
    );
    expect(found.length > 0).toBe(minor <= newest);
  });
});
