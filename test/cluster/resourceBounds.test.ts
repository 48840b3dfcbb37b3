import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastJsonPatch from 'fast-json-patch';
import { dryRun, hardenedAnnotation, ownWarnings } from './barePod.js';
import { type Cluster } from './cluster.js';
import { comparable } from './comparablePod.js';
import { type Installation, install } from './installation.js';
import { NamespacePairs, type Setup } from './namespacePairs.js';
import { connect } from './shared.js';

/** Every kind of bound that a namespace can set on resources, against every kind of pod that such a bound can tell
 *  apart: what is accepted without us is accepted with us. */

const limits = (...items: object[]): Setup => ({ limitRanges: [items] as Setup['limitRanges'] });
const quota = (spec: Record<string, unknown>): Setup => ({ quotas: [spec] });
const container = (item: object) => limits({ type: 'Container', ...item });
const pod = (item: object) => limits({ type: 'Pod', ...item });
const selector = (scopeName: string, operator: string, values?: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values && { values }) }] },
});

const setups: Record<string, Setup> = {
  'Container max memory': container({ max: { memory: '512Mi' } }),
  'Container max cpu': container({ max: { cpu: '500m' } }),
  'Container min memory': container({ min: { memory: '128Mi' } }),
  'Container min above our limit': container({ min: { memory: '2Gi', cpu: '2' } }),
  'Container default': container({ default: { memory: '300Mi' } }),
  'Container defaultRequest': container({ defaultRequest: { cpu: '20m', memory: '100Mi' } }),
  'Container ratio and default': container({
    default: { cpu: '200m', memory: '200Mi' },
    defaultRequest: { cpu: '100m', memory: '100Mi' },
    maxLimitRequestRatio: { cpu: '2', memory: '2' },
  }),
  'Container ratio alone': container({ maxLimitRequestRatio: { memory: '2.011' } }),
  'Container max ephemeral-storage': container({ max: { 'ephemeral-storage': '1Gi' } }),
  'Pod max memory': pod({ max: { memory: '1Gi' } }),
  'Pod max cpu': pod({ max: { cpu: '1' } }),
  'Pod max of both': pod({ max: { cpu: '2', memory: '2Gi' } }),
  'Pod min memory': pod({ min: { memory: '256Mi' } }),
  'Pod min above our limit': pod({ min: { memory: '512Mi', cpu: '400m' } }),
  'Pod ratio': pod({ maxLimitRequestRatio: { memory: '4' } }),
  'Pod ratio of 1': pod({ maxLimitRequestRatio: { cpu: '1', memory: '1' } }),
  'Pod max ephemeral-storage': pod({ max: { 'ephemeral-storage': '2Gi' } }),
  'Container default and Pod max': limits(
    { type: 'Container', default: { memory: '256Mi' }, defaultRequest: { memory: '64Mi' } },
    { type: 'Pod', max: { memory: '700Mi', cpu: '1' } },
  ),
  'two LimitRanges': {
    limitRanges: [
      [{ type: 'Container', defaultRequest: { memory: '64Mi' } }],
      [{ type: 'Pod', max: { memory: '1100Mi' }, maxLimitRequestRatio: { memory: '20' } }],
    ],
  },
  'a LimitRange of claims': limits({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }),
  'quota cpu': quota({ hard: { cpu: '300m' } }),
  'quota memory': quota({ hard: { memory: '1Gi' } }),
  'quota requests.cpu': quota({ hard: { 'requests.cpu': '300m' } }),
  'quota requests.memory': quota({ hard: { 'requests.memory': '1Gi' } }),
  'quota limits.cpu': quota({ hard: { 'limits.cpu': '600m' } }),
  'quota limits.memory': quota({ hard: { 'limits.memory': '1Gi' } }),
  'quota of all four': quota({
    hard: {
      'requests.cpu': '1',
      'requests.memory': '1Gi',
      'limits.cpu': '1',
      'limits.memory': '1Gi',
    },
  }),
  'quota pods': quota({ hard: { pods: '1', 'count/pods': '1' } }),
  'quota ephemeral-storage': quota({
    hard: { 'requests.ephemeral-storage': '1Gi', 'limits.ephemeral-storage': '1Gi' },
  }),
  'quota hugepages and devices': quota({
    hard: { 'requests.hugepages-2Mi': '4Mi', 'requests.example.com/gpu': '1' },
  }),
  'quota claims by VolumeAttributesClass': quota({
    hard: { persistentvolumeclaims: '0' },
    ...selector('VolumeAttributesClass', 'In', ['gold']),
  }),
  'scope BestEffort': quota({ hard: { pods: '1' }, scopes: ['BestEffort'] }),
  'scope NotBestEffort': quota({ hard: { pods: '0' }, scopes: ['NotBestEffort'] }),
  'scope NotBestEffort with limits': quota({
    hard: { pods: '1', 'limits.memory': '1Gi', 'requests.cpu': '100m' },
    scopes: ['NotBestEffort'],
  }),
  'scope Terminating': quota({ hard: { pods: '0' }, scopes: ['Terminating'] }),
  'scope NotTerminating': quota({ hard: { 'limits.cpu': '500m' }, scopes: ['NotTerminating'] }),
  'scopes NotBestEffort and Terminating': quota({
    hard: { pods: '0' },
    scopes: ['NotBestEffort', 'Terminating'],
  }),
  'scopes NotBestEffort and NotTerminating': quota({
    hard: { pods: '0' },
    scopes: ['NotBestEffort', 'NotTerminating'],
  }),
  'NotBestEffort Exists': quota({ hard: { pods: '0' }, ...selector('NotBestEffort', 'Exists') }),
  'BestEffort Exists': quota({ hard: { pods: '1' }, ...selector('BestEffort', 'Exists') }),
  'PriorityClass In': quota({ hard: { pods: '0' }, ...selector('PriorityClass', 'In', [priorityClass()]) }),
  'PriorityClass NotIn': quota({
    hard: { 'limits.memory': '1Gi' },
    ...selector('PriorityClass', 'NotIn', [priorityClass()]),
  }),
  'PriorityClass Exists': quota({ hard: { 'requests.cpu': '1' }, ...selector('PriorityClass', 'Exists') }),
  'PriorityClass DoesNotExist': quota({
    hard: { 'limits.cpu': '1' },
    ...selector('PriorityClass', 'DoesNotExist'),
  }),
  'NotBestEffort and PriorityClass In': quota({
    hard: { pods: '0' },
    scopeSelector: {
      matchExpressions: [
        { scopeName: 'NotBestEffort', operator: 'Exists' },
        { scopeName: 'PriorityClass', operator: 'In', values: [priorityClass()] },
      ],
    },
  }),
  'CrossNamespacePodAffinity Exists': quota({
    hard: { pods: '0' },
    ...selector('CrossNamespacePodAffinity', 'Exists'),
  }),
  'LimitRange default under a NotBestEffort quota': {
    ...container({ defaultRequest: { cpu: '10m' } }),
    ...quota({ hard: { pods: '1' }, scopes: ['NotBestEffort'] }),
  },
};

function priorityClass(): string {
  return 'podtemper-bounds';
}

const bare = (name: string) => ({ name, image: 'app' });
const sized = (name: string, requests?: object, most?: object) => ({
  ...bare(name),
  resources: { ...(requests && { requests }), ...(most && { limits: most }) },
});
const full = (name: string) => sized(name, { cpu: '50m', memory: '64Mi' }, { cpu: '200m', memory: '200Mi' });
const sidecar = { restartPolicy: 'Always' };

const specs: Record<string, object> = {
  bare: { containers: [bare('app')] },
  'request of memory': { containers: [sized('app', { memory: '200Mi' })] },
  'request of cpu': { containers: [sized('app', { cpu: '100m' })] },
  'both requests': { containers: [sized('app', { cpu: '100m', memory: '300Mi' })] },
  'limit of memory': { containers: [sized('app', undefined, { memory: '300Mi' })] },
  'limit of cpu': { containers: [sized('app', undefined, { cpu: '500m' })] },
  full: { containers: [full('app')] },
  'large limit and a bare one': {
    containers: [sized('app', undefined, { memory: '900Mi', cpu: '900m' }), bare('bare')],
  },
  'full and a request': { containers: [full('app'), sized('log', { cpu: '20m', memory: '100Mi' })] },
  'ratio of 4 and a request': {
    containers: [
      sized('app', { cpu: '50m', memory: '100Mi' }, { cpu: '50m', memory: '400Mi' }),
      sized('open', { cpu: '50m', memory: '200Mi' }),
    ],
  },
  'odd bytes': {
    containers: [
      sized('app', { memory: '100' }, { memory: '200' }),
      sized('odd', { memory: '123456789', cpu: '3m' }),
    ],
  },
  'bare init container': { initContainers: [bare('init')], containers: [full('app')] },
  'large init container': {
    initContainers: [sized('init', undefined, { cpu: '1', memory: '1Gi' })],
    containers: [bare('app')],
  },
  'bare sidecar': { initContainers: [{ ...bare('proxy'), ...sidecar }], containers: [full('app')] },
  'sized sidecar': {
    initContainers: [{ ...sized('proxy', undefined, { memory: '600Mi', cpu: '300m' }), ...sidecar }],
    containers: [bare('app')],
  },
  'bare with a deadline': { activeDeadlineSeconds: 60, containers: [bare('app')] },
  'full with a deadline': { activeDeadlineSeconds: 60, containers: [full('app')] },
  'requests of zero': { containers: [sized('app', { cpu: '0', memory: '0' })] },
  'limits of zero': { containers: [sized('app', undefined, { cpu: '0', memory: '0' })] },
  'ephemeral storage': {
    containers: [sized('app', { 'ephemeral-storage': '1Gi' }, { 'ephemeral-storage': '1Gi' })],
  },
  'a scratch volume': {
    containers: [bare('app')],
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '10Gi' } }],
  },
  'a device': { containers: [sized('app', undefined, { 'example.com/gpu': '1', cpu: '100m' })] },
  'huge pages': { containers: [sized('app', undefined, { 'hugepages-2Mi': '2Mi', memory: '64Mi' })] },
  'a pod-level limit': { resources: { limits: { memory: '800Mi', cpu: '500m' } }, containers: [bare('app')] },
  'a pod-level request': { resources: { requests: { memory: '300Mi' } }, containers: [bare('app')] },
  'a priority class': { priorityClassName: priorityClass(), containers: [bare('app')] },
  'full with a priority class': { priorityClassName: priorityClass(), containers: [full('app')] },
  'affinity across namespaces': {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { app: 'x' } },
            namespaces: ['default'],
          },
        ],
      },
    },
    containers: [bare('app')],
  },
  'a privileged container': {
    containers: [
      { ...sized('agent', { memory: '256Mi', cpu: '200m' }), securityContext: { privileged: true } },
      bare('app'),
    ],
  },
};

let cluster: Cluster;
let installation: Installation;
let pairs: NamespacePairs;
const seen = { refused: 0, accepted: 0, hardened: 0, sized: 0 };

beforeAll(async () => {
  cluster = await connect();
  await cluster.requestOk('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: priorityClass() },
    value: 1000,
  });
  installation = await install(cluster);
  pairs = new NamespacePairs(cluster, installation);
  for (const setup of Object.values(setups)) await pairs.pairFor(setup);
  await pairs.settle();
});

afterAll(async () => {
  await cluster?.request('DELETE', `/apis/scheduling.k8s.io/v1/priorityclasses/${priorityClass()}`);
  await installation?.uninstall();
  cluster?.close();
  process.stdout.write(
    `${Object.keys(setups).length} set-ups, ${Object.keys(specs).length} pods: ${seen.refused} refused without us; ` +
      `${seen.accepted} accepted without us and with us, ${seen.hardened} hardened, ${seen.sized} given resources\n`,
  );
});

describe('a pod that is accepted without us is accepted with us, and what it says stays, under', () => {
  it.each(Object.entries(setups))('%s', async (_title, setup) => {
    const { plain, optedIn } = await pairs.pairFor(setup);
    const outcomes = await Promise.all(
      Object.entries(specs).map(([title, spec]) => outcomeOf(title, spec, plain, optedIn)),
    );
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([]);
  });
});

/** What is wrong with the pod's fate; undefined where nothing is. */
async function outcomeOf(
  title: string,
  spec: object,
  plain: string,
  optedIn: string,
): Promise<string | undefined> {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bounds' }, spec };
  const without = await dryRun(cluster, plain, manifest);
  if (without.status !== 201) {
    seen.refused += 1;
    return undefined;
  }
  const hardened = await dryRun(cluster, optedIn, manifest);
  if (hardened.status !== 201) return `${title}: ${String(Object(hardened.body).message)}`;
  seen.accepted += 1;
  if (hardened.body.metadata?.annotations?.[hardenedAnnotation] !== undefined) seen.hardened += 1;
  const changes = fastJsonPatch.compare(comparable(without.body), comparable(hardened.body));
  if (changes.some(({ path }) => path.includes('/resources'))) seen.sized += 1;
  const overwritten = changes.filter(({ op, path }) => op !== 'add' && !path.endsWith('~1hardened'));
  return overwritten.length === 0 ? undefined : `${title}: ${JSON.stringify(overwritten)}`;
}

describe('what was left out, and why, is told', () => {
  /** As kubectl and the preview tell it, each without line breaks. */
  async function reportOf(setup: Setup, spec: object): Promise<{ told: string[]; shown: string }> {
    const { optedIn } = await pairs.pairFor(setup);
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec };
    const input = JSON.stringify(manifest);
    const args = ['create', '--namespace', optedIn, '--dry-run=server', '-f', '-'];
    const { code, stderr } = await cluster.kubectl(args, { input });
    expect(code).toBe(0);
    const warnings = stderr.split('\n').map((line) => line.replace(/^Warning: /, ''));
    expect(warnings.filter((warning) => warning.length > 120)).toEqual([]);
    const url = `${installation.processes[0]?.operationsUrl}/preview?namespace=${optedIn}`;
    const headers = { 'content-type': 'application/json', accept: 'text/plain' };
    const shown = await (await fetch(url, { method: 'POST', headers, body: input })).text();
    const [report = ''] = shown.split('\nWhat may break');
    process.stdout.write(`${stderr}\n${report}\n`);
    return { told: ownWarnings(warnings), shown: shown.replaceAll(/\s+/g, ' ') };
  }

  it('of a limit for which a LimitRange for whole pods has no room', async () => {
    const spec = { containers: [sized('app', undefined, { memory: '900Mi' }), bare('bare')] };
    const { told, shown } = await reportOf(pod({ max: { memory: '1Gi' } }), spec);
    const why =
      'all containers together would leave the bounds of a LimitRange ' +
      '(LimitRange bounds-0: memory of all containers at most 1Gi, 900Mi are taken)';
    expect(told).toContain(`containers/bare without resources.limits.memory: ${why}`);
    expect(shown).toContain(`limits.memory is left out: ${why}`);
    expect(shown).toContain('requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 1}');
  });

  it('of a pod that a quota would begin to count', async () => {
    const setup = quota({ hard: { pods: '0' }, scopes: ['NotBestEffort'] });
    const { told, shown } = await reportOf(setup, { containers: [bare('app')] });
    const why =
      'the pod would cease to be BestEffort, and a ResourceQuota counts by that ' +
      '(ResourceQuota bounds-0: NotBestEffort, pods 0)';
    expect(told).toContain(`containers/app without resources: ${why}`);
    expect(shown).toContain(`skipped: ${why}`);
  });
});
