import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { type ApiResponse } from './apiClient.js';
import { dryRun, hardenedAnnotation, policyLabel, policyNamed, restricted } from './barePod.js';
import { type Cluster } from './cluster.js';
import { comparable, type ComparablePod, withoutServerRemarks } from './comparablePod.js';
import { type Installation, install } from './installation.js';
import { NamespacePairs, type Pair, type Setup } from './namespacePairs.js';
import { connect } from './shared.js';
import {
  type ApiObject,
  claimsOf,
  objectsOf,
  podTemplateOf,
  previewYaml,
  titleOf,
  workloadsFolder,
} from './workloads.js';

const team = policyNamed('team', {
  controls: {
    capabilities: { mode: 'warn' },
    readOnlyRootFilesystem: { mode: 'enforce', writablePaths: ['/tmp', '/var/tmp'], sizeLimit: '200Mi' },
    resources: { mode: 'enforce', limits: { cpu: '2', memory: '512Mi' } },
    runAsNonRoot: { mode: 'enforce', runAsUser: 2000 },
    seccompProfile: { mode: 'off' },
  },
  images: [{ match: 'nginx', runAsUser: 101, fsGroup: 101, writablePaths: ['/var/cache/nginx'] }],
  optOut: { requireReason: true },
});

/** Not chosen by anybody, but with one policy alone the preview would take that as the default. */
const other = policyNamed('other', {});

/** What the namespaces are like, and the mode of the one that has opted in. */
const setups: [string, Setup, string?][] = [
  ['says nothing else', {}],
  ['is in mode warn', {}, 'warn'],
  ['is in mode audit', {}, 'audit'],
  ['has a policy of its own', { labels: { [policyLabel]: 'team' } }],
  ['names a policy that does not exist', { labels: { [policyLabel]: 'taem' } }],
  ['denies opt-outs', { labels: { 'podtemper.io/opt-out': 'denied' } }],
  ['grants some opt-outs', { labels: { 'podtemper.io/opt-out': 'seccompProfile.resources' } }],
  ['is restricted by Pod Security', { labels: restricted }],
  ['lets OpenShift pick the user', { annotations: { 'openshift.io/sa.scc.uid-range': '1000680000/10000' } }],
  [
    'has default limits',
    { limitRanges: [[{ type: 'Container', default: { memory: '256Mi' }, defaultRequest: { cpu: '20m' } }]] },
  ],
  [
    'has bounds for containers',
    {
      limitRanges: [
        [{ type: 'Container', min: { cpu: '10m' }, max: { memory: '512Mi' } }],
        [{ type: 'Container', maxLimitRequestRatio: { cpu: '10' } }],
      ],
    },
  ],
  ['has a bound for whole pods', { limitRanges: [[{ type: 'Pod', max: { memory: '1500Mi' } }]] }],
  ['has a ratio for whole pods', { limitRanges: [[{ type: 'Pod', maxLimitRequestRatio: { memory: '4' } }]] }],
  [
    'has a minimum for whole pods, which its defaults reach',
    {
      limitRanges: [
        [
          { type: 'Container', max: { cpu: '2' } },
          { type: 'Pod', min: { cpu: '1' } },
        ],
      ],
    },
  ],
  ['counts by quality of service', { quotas: [{ hard: { pods: '50' }, scopes: ['NotBestEffort'] }] }],
  ['counts what is asked for', { quotas: [{ hard: { 'requests.cpu': '10', 'limits.memory': '20Gi' } }] }],
];

let cluster: Cluster;
let installation: Installation;
let pairs: NamespacePairs;
let directory: string;
let policyFolder: string;
/** Of all workloads, as one text. */
let manifests: string;
let originals: ApiObject[];
/** How many comparisons ended in each outcome. */
const counts = { hardened: 0, 'left alone': 0, refused: 0 };

beforeAll(async () => {
  cluster = await connect();
  directory = await mkdtemp(join(cluster.directory, 'preview-'));
  policyFolder = join(directory, 'policies');
  await mkdir(policyFolder);
  for (const policy of [team, other]) {
    await writeFile(join(policyFolder, `${policy.metadata.name}.json`), JSON.stringify(policy));
  }
  installation = await install(cluster, { values: { policies: { team, other } } });
  pairs = new NamespacePairs(cluster, installation);
  for (const [, setup, mode] of setups) await pairs.pairFor(setup, mode);
  await pairs.settle();
  const files = readdirSync(workloadsFolder).map((name) => readFileSync(join(workloadsFolder, name), 'utf8'));
  manifests = files.join('\n---\n');
  originals = (await objectsOf(cluster, { text: manifests })).filter(podTemplateOf);
});

afterAll(async () => {
  await installation?.uninstall();
  if (directory) await rm(directory, { recursive: true, force: true });
  cluster?.close();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const each = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  process.stdout.write(`${total} pods as the preview shows them: ${each.join(', ')}\n`);
});

/** What a namespace is like, as its owner would save it. */
async function saveNamespace(name: string): Promise<string> {
  const get = async (...what: string[]) => (await cluster.kubectl(['get', ...what, '--output=yaml'])).stdout;
  const bounds = await get('limitranges,resourcequotas', '--namespace', name);
  const path = join(directory, `${name}.yaml`);
  await writeFile(path, `${await get('namespace', name)}---\n${bounds}`);
  return path;
}

/** The pod that comes of an object, by one name for all. */
function podOf(object: ApiObject) {
  const { metadata: { annotations, labels } = {}, spec } = podTemplateOf(object) ?? {};
  const volumes = [...claimsOf(object), ...(spec?.volumes ?? [])];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'compared', annotations, labels },
    spec: { ...spec, ...(volumes.length > 0 && { volumes }) },
  };
}

/** What is stored, or why nothing is. */
type Outcome = ComparablePod | string;

function outcomeOf({ status, body }: ApiResponse<V1Pod>, namespace: string): Outcome {
  if (status === 201) return withoutServerRemarks(comparable(body));
  return `${status}: ${inAnyOrder(String(Object(body).message)).replaceAll(namespace, '<namespace>')}`;
}

/** Of several LimitRanges that a pod offends, the API server names the one it comes upon first: any of them. */
function inAnyOrder(message: string): string {
  return message.replace(/(is forbidden: ).* per (?:Container|Pod) is .*/s, '$1by a LimitRange');
}

describe.each(setups)('where the namespace %s, the preview', (_title, setup, mode) => {
  let pair: Pair;
  let preview: string;
  let stored: Record<string, Outcome>;

  beforeAll(async () => {
    pair = await pairs.pairFor(setup, mode);
    const facts = ['--namespace-file', await saveNamespace(pair.optedIn)];
    preview = await previewYaml(['-', '--policy', policyFolder, ...facts], manifests);
    stored = await outcomesOf(originals, pair.optedIn);
  });

  it('shows of each workload the pod that is stored', async () => {
    const previewed = (await objectsOf(cluster, { text: preview })).filter(podTemplateOf);
    expect(await outcomesOf(previewed, pair.plain)).toEqual(stored);
    for (const outcome of Object.values(stored)) counts[kindOf(outcome)] += 1;
  });

  it('is the same over HTTP, where the webhook knows policies and namespace itself', async () => {
    const url = `${installation.processes[0]?.operationsUrl}/preview?namespace=${pair.optedIn}`;
    const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' };
    const response = await fetch(url, { method: 'POST', headers, body: manifests });
    expect(await response.text()).toBe(preview);
  });

  it('is of no pod that would have been accepted without us, and is refused', async () => {
    const isRefused = ([, outcome]: [string, Outcome]) => kindOf(outcome) === 'refused';
    const titles = (outcomes: Record<string, Outcome>) =>
      Object.entries(outcomes)
        .filter(isRefused)
        .map(([title]) => title);
    const refusedAnyway = titles(await outcomesOf(originals, pair.plain));
    expect(titles(stored).filter((title) => !refusedAnyway.includes(title))).toEqual([]);
  });
});

/** What becomes of the pod of each object in a namespace. */
async function outcomesOf(
  objects: readonly ApiObject[],
  namespace: string,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const object of objects) {
    outcomes[titleOf(object)] = outcomeOf(await dryRun(cluster, namespace, podOf(object)), namespace);
  }
  return outcomes;
}

function kindOf(outcome: Outcome): keyof typeof counts {
  if (typeof outcome === 'string') return 'refused';
  return outcome.metadata.annotations[hardenedAnnotation] === undefined ? 'left alone' : 'hardened';
}

it('shows which workloads are changed where the namespace says nothing else', async () => {
  const { optedIn } = await pairs.pairFor({});
  const outcomes = Object.entries(await outcomesOf(originals, optedIn));
  const others = outcomes.filter(([, outcome]) => kindOf(outcome) !== 'hardened');
  expect(others.map(([title, outcome]) => [title, kindOf(outcome)])).toEqual([
    ['ReplicaSet hard', 'left alone'],
  ]);
});
