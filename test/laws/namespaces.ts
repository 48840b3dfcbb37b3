import fc, { type Arbitrary } from 'fast-check';
import { labelKeys, type NamespaceFacts, type Pod } from '../../src/kubernetes.js';
import { type Fields, fields, optional, pick } from './arbitraries.js';
import { resourceProblems } from './resourceRules.js';
import { asCreated } from './serverDefaults.js';

/** Kept in order, so that min ≤ default request ≤ default ≤ max holds whatever is absent. */
const containerItem = fields({
  type: fc.constant('Container'),
  min: optional(
    30,
    fields({ cpu: optional(60, pick('10m', '50m')), memory: optional(60, pick('16Mi', '64Mi')) }),
  ),
  defaultRequest: optional(
    25,
    fields({ cpu: optional(60, pick('100m')), memory: optional(60, pick('64Mi', '100Mi')) }),
  ),
  default: optional(
    25,
    fields({ cpu: optional(60, pick('500m')), memory: optional(60, pick('256Mi', '512Mi')) }),
  ),
  max: optional(
    25,
    fields({ cpu: optional(60, pick('2', '4')), memory: optional(60, pick('512Mi', '4Gi')) }),
  ),
  maxLimitRequestRatio: optional(
    40,
    fields({ cpu: optional(60, pick('2', '20')), memory: optional(60, pick('1.5', '4')) }),
  ),
});

/** Nothing but a ratio: no value of the API server's own keeps a container within it. */
const ratioItem = pick<Fields>({ type: 'Container', maxLimitRequestRatio: { cpu: '4', memory: '4' } });

const podItem = fields({
  type: fc.constant('Pod'),
  min: optional(
    40,
    fields({ cpu: optional(60, pick('50m', '1')), memory: optional(60, pick('64Mi', '1Gi', '2Gi')) }),
  ),
  max: optional(
    45,
    fields({ cpu: optional(60, pick('1', '4')), memory: optional(60, pick('1Gi', '2Gi', '8Gi')) }),
  ),
  maxLimitRequestRatio: optional(
    30,
    fields({ cpu: optional(60, pick('1.5', '10')), memory: optional(60, pick('2', '4')) }),
  ),
});

const claimItem = pick<Fields>({ type: 'PersistentVolumeClaim', max: { storage: '10Gi' } });

const limitRange = fc
  .record({
    container: optional(
      60,
      fc.oneof({ weight: 3, arbitrary: containerItem }, { weight: 1, arbitrary: ratioItem }),
    ),
    pod: optional(75, podItem),
    claim: optional(5, claimItem),
  })
  .map(({ container, pod, claim }) => [container, pod, claim].filter((item) => item !== undefined));

const quota: Arbitrary<Fields> = fields({
  hard: pick<Fields>(
    { pods: '2' },
    { 'limits.memory': '8Gi' },
    { 'requests.cpu': '4' },
    { cpu: '4' },
    { pods: '0', 'limits.cpu': '4' },
  ),
  scopes: optional(
    45,
    pick(
      ['NotBestEffort'],
      ['BestEffort'],
      ['NotTerminating'],
      ['NotBestEffort', 'Terminating'],
      ['NotBestEffort', 'NotTerminating'],
    ),
  ),
  scopeSelector: optional(
    20,
    pick(
      { matchExpressions: [{ scopeName: 'NotBestEffort', operator: 'Exists' }] },
      { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
    ),
  ),
});

const labels = fields({
  [labelKeys.mode]: optional(
    70,
    fc.oneof(
      { weight: 9, arbitrary: fc.constant('enforce') },
      { weight: 1, arbitrary: pick('warn', 'audit', 'on') },
    ),
  ),
  [labelKeys.policy]: optional(4, pick('default', 'missing')),
  [labelKeys.optOut]: optional(20, pick('allowed', 'denied', 'runAsNonRoot.capabilities', '')),
  'pod-security.kubernetes.io/enforce': optional(10, pick('restricted')),
});

const annotations = fields({
  'openshift.io/sa.scc.uid-range': optional(20, fc.constant('1000620000/10000')),
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist': optional(
    8,
    pick('[]', '[{"key":"spot","operator":"Exists"}]'),
  ),
});

/** What a cluster knows of a namespace: LimitRanges, quotas, labels. */
export const rawFacts: Arbitrary<NamespaceFacts> = fc
  .record({
    labels,
    annotations,
    ranges: optional(50, fc.array(limitRange, { minLength: 1, maxLength: 2 })),
    quotas: optional(40, fc.array(quota, { minLength: 1, maxLength: 2 })),
  })
  .map(joinFacts);

interface DrawnFacts {
  readonly labels: Fields;
  readonly annotations: Fields;
  readonly ranges: readonly Fields[][] | undefined;
  readonly quotas: readonly Fields[] | undefined;
}

function joinFacts({ labels: ownLabels, annotations: ownAnnotations, ranges, quotas }: DrawnFacts) {
  const facts = {
    name: 'law',
    labels: ownLabels,
    annotations: ownAnnotations,
    limitRanges: (ranges ?? []).map((limits, index) => ({
      metadata: { name: `range-${index}` },
      spec: { limits },
    })),
    resourceQuotas: (quotas ?? []).map((spec, index) => ({ metadata: { name: `quota-${index}` }, spec })),
  };
  // The generator speaks the API's JSON (`default`), the client's types another dialect (`_default`).
  return facts as unknown as NamespaceFacts;
}

/** The facts without the LimitRanges and quotas that would refuse the pod as it is: the laws look at pods that were
 *  accepted, and one that was refused anyway says nothing. */
export function factsThatAccept(pod: Pod, facts: NamespaceFacts): NamespaceFacts {
  if (facts.limitRanges.length + facts.resourceQuotas.length === 0) return facts;
  const bare = { ...facts, limitRanges: [], resourceQuotas: [] };
  const accepts = (candidate: NamespaceFacts) =>
    resourceProblems(asCreated(pod, candidate), candidate).length === 0;
  if (!accepts(bare)) return facts;
  const limitRanges = facts.limitRanges.filter((range) => accepts({ ...bare, limitRanges: [range] }));
  const together = { ...bare, limitRanges };
  const ranged = accepts(together) ? together : { ...bare, limitRanges: limitRanges.slice(0, 1) };
  const resourceQuotas = facts.resourceQuotas.filter((one) => accepts({ ...ranged, resourceQuotas: [one] }));
  return { ...ranged, resourceQuotas };
}
