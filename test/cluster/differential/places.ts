import fc from 'fast-check';
import { labelKeys, type NamespaceFacts } from '../../../src/kubernetes.js';
import type { Level } from '../../laws/meetLevel.js';
import { rawFacts } from '../../laws/namespaces.js';
import type { Submission } from '../../laws/submissions.js';
import { apiProblems } from '../../laws/validity.js';
import { policyLabel, restricted } from '../barePod.js';
import type { Cluster } from '../cluster.js';
import type { Installation } from '../installation.js';
import { NamespacePairs, type Pair, type Setup, setupSchema } from '../namespacePairs.js';

/** A pair of namespaces that pods are sent to. */
export interface Place {
  pair: Pair;
  /** The one that has opted in, as the webhook knows it. */
  facts: NamespaceFacts;
  /** Pod Security level that it insists on. */
  level: Level | undefined;
}

const tolerationsWhitelist = {
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"spot","operator":"Exists"}]',
};
const openShift = { 'openshift.io/sa.scc.uid-range': '1000680000/10000' };
const podSecurity = (action: string, level: string) => ({ [`pod-security.kubernetes.io/${action}`]: level });

/** What LimitRanges fill in, so that bounds for whole pods find something to bound. */
const bounded = { type: 'Container', max: { cpu: '2', memory: '1Gi' } };
const filled = { type: 'Container', default: { memory: '256Mi' }, defaultRequest: { memory: '128Mi' } };

/** Namespaces that are there in each run, and the mode of the one that has opted in. */
const fixed: [Setup, string?][] = [
  [{ labels: restricted }],
  [{ labels: { ...restricted, 'pod-security.kubernetes.io/enforce-version': 'v1.25' } }],
  [{ labels: podSecurity('enforce', 'baseline') }],
  [{ labels: { ...podSecurity('warn', 'restricted'), ...podSecurity('audit', 'baseline') } }],
  [{ annotations: openShift }],
  [{ annotations: openShift, labels: restricted }],
  [{ labels: { [policyLabel]: 'thorough' } }],
  [{ labels: { [policyLabel]: 'thorough', ...podSecurity('enforce', 'baseline') } }],
  [{ labels: { [policyLabel]: 'careful', [labelKeys.optOut]: 'allowed' } }],
  [{ labels: { [policyLabel]: 'careful' } }],
  [{ labels: { [policyLabel]: 'placing' } }],
  [{ labels: { [policyLabel]: 'placing' }, annotations: tolerationsWhitelist }],
  [{ annotations: tolerationsWhitelist }],
  [{ labels: { [policyLabel]: 'no-such-policy', [labelKeys.optOut]: 'denied' } }],
  [{ labels: { [policyLabel]: 'thorough', [labelKeys.optOut]: 'runAsNonRoot.capabilties' } }],
  [{}, 'warn'],
  [{}, 'audit'],
  [{}, 'on'],
  [{ limitRanges: [[{ type: 'Pod', max: { memory: '1200Mi' } }]] }],
  [
    {
      limitRanges: [
        [bounded, { type: 'Pod', min: { memory: '32Mi' }, maxLimitRequestRatio: { memory: '4' } }],
      ],
    },
  ],
  [{ limitRanges: [[{ ...filled, maxLimitRequestRatio: { memory: '4' } }]] }],
  [{ quotas: [{ hard: { pods: '0' }, scopes: ['NotBestEffort'] }] }],
  [{ quotas: [{ hard: { pods: '5' }, scopes: ['BestEffort'] }] }],
];

/** Those that generated pods name: a pod with an account that is not there is refused. */
const serviceAccounts = ['operator'];

/** The RuntimeClass that generated pods name, which must be there as well. */
export const runtimeClass = { metadata: { name: 'kata' }, handler: 'kata' };

/** Sets them up: the fixed ones, and drawn ones under each of the policies in turn, the built-in one as well. */
export async function makePlaces(
  cluster: Cluster,
  installation: Installation,
  { drawn, seed, policies }: { drawn: number; seed: number; policies: readonly string[] },
): Promise<Place[]> {
  const made = new NamespacePairs(cluster, installation);
  const valid = <Spec>(resource: string, specs: readonly Spec[]) =>
    validSpecs(cluster, `/api/v1/namespaces/${installation.namespace}/${resource}?dryRun=All`, specs);
  const setupOf = async (facts: NamespaceFacts, index: number) => {
    const { [labelKeys.mode]: _mode, ...labels } = facts.labels;
    const policy = policies[index % policies.length] ?? 'default';
    return setupSchema.parse({
      labels: { ...labels, [policyLabel]: policy },
      annotations: facts.annotations,
      limitRanges: (
        await valid(
          'limitranges',
          facts.limitRanges.flatMap(({ spec }) => spec ?? []),
        )
      )
        .filter(isOnlyOneWithDefaults)
        .map(({ limits }) => limits),
      quotas: await valid(
        'resourcequotas',
        facts.resourceQuotas.flatMap(({ spec }) => spec ?? []),
      ),
    });
  };
  const facts = fc.sample(rawFacts, { seed, numRuns: drawn });
  const setups: [Setup, string?][] = [
    ...fixed,
    ...(await Promise.all(facts.map(setupOf))).map((setup): [Setup] => [setup]),
  ];
  const places = await Promise.all(
    setups.map(async ([setup, mode = 'enforce']) =>
      placeOf(await made.pairFor({ ...setup, serviceAccounts }, mode), setupSchema.parse(setup), mode),
    ),
  );
  await made.settle();
  return places;
}

type LimitRangeSpec = NonNullable<NamespaceFacts['limitRanges'][number]['spec']>;

/** Of two LimitRanges with defaults the API server heeds either first, now this one and now that one. */
function isOnlyOneWithDefaults(spec: LimitRangeSpec, index: number, all: readonly LimitRangeSpec[]): boolean {
  const hasDefaults = (one: LimitRangeSpec) => one.limits.some(({ type }) => type === 'Container');
  return !hasDefaults(spec) || !all.slice(0, index).some(hasDefaults);
}

/** Those that the API server takes. */
async function validSpecs<Spec>(cluster: Cluster, path: string, specs: readonly Spec[]): Promise<Spec[]> {
  const create = (spec: Spec) => cluster.request('POST', path, { metadata: { name: 'drawn' }, spec });
  const answers = await Promise.all(specs.map(create));
  return specs.filter((_spec, index) => answers[index]?.status === 201);
}

function placeOf(pair: Pair, setup: ReturnType<typeof setupSchema.parse>, mode: string): Place {
  const { labels, annotations, limitRanges, quotas } = setup;
  const facts = {
    name: pair.optedIn,
    labels: { ...labels, [labelKeys.mode]: mode },
    annotations,
    limitRanges: limitRanges.map((limits, index) => ({
      metadata: { name: `bounds-${index}` },
      spec: { limits },
    })),
    resourceQuotas: quotas.map((spec, index) => ({ metadata: { name: `bounds-${index}` }, spec })),
  };
  const enforced = labels['pod-security.kubernetes.io/enforce'];
  return {
    pair,
    // As in the generator: the API's JSON, which the client's types know in another dialect.
    facts: facts as unknown as NamespaceFacts,
    level: enforced === 'baseline' || enforced === 'restricted' ? enforced : undefined,
  };
}

/** The first place from a drawn one on that takes the pod, as far as we can tell; the drawn one where none does. */
export function placeFor({ pod, level, salt }: Submission, places: readonly Place[]): Place {
  const start = salt % places.length;
  const turned = [...places.slice(start), ...places.slice(0, start)];
  const takes = (place: Place) =>
    (place.level === undefined || place.level === level || level === 'restricted') &&
    apiProblems(pod, place.facts).length === 0;
  const found = turned.find(takes) ?? turned[0];
  if (found === undefined) throw new RangeError('places: expected at least one, found none');
  return found;
}
