import type { Container, NamespaceFacts, Pod, PodSpec } from '../../src/kubernetes.js';
import { milliOf } from './quantities.js';
import { containersOf } from './securityRules.js';

type Sums = Readonly<Record<string, bigint>>;
type Quotas = NamespaceFacts['resourceQuotas'];

function read(amounts: Readonly<Record<string, string>> | undefined): Sums {
  return Object.fromEntries(
    Object.entries(amounts ?? {}).map(([name, text]) => [name, milliOf(text) ?? -1n]),
  );
}

function isOvercommittable(name: string): boolean {
  return ['cpu', 'memory', 'ephemeral-storage'].includes(name);
}

/** What the API server refuses in resources (semantics.md A3; validateResourceRequirements,
 *  validatePodResourceConsistency), LimitRanger and the quotas' constraints included. */
export function resourceProblems({ spec }: Pod, facts: NamespaceFacts): string[] {
  return [
    ...containersOf(spec).flatMap(({ name, resources }) =>
      requirementProblems(name, read(resources?.requests), read(resources?.limits)),
    ),
    ...podLevelProblems(spec),
    ...facts.limitRanges.flatMap((range) => limitRangeProblems(spec, range)),
    ...facts.resourceQuotas.flatMap((quota) => quotaProblems(spec, quota)),
  ];
}

function requirementProblems(where: string, requests: Sums, limits: Sums): string[] {
  const problems: string[] = [];
  for (const amount of [...Object.values(requests), ...Object.values(limits)]) {
    if (amount < 0n) problems.push(`${where}: no quantity, or one below 0`);
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit !== undefined && request > limit) problems.push(`${where}: request of ${name} above its limit`);
    if (!isOvercommittable(name) && request !== limit)
      problems.push(`${where}: request of ${name} is not its limit`);
  }
  const names = [...Object.keys(requests), ...Object.keys(limits)];
  if (
    names.some((name) => name.startsWith('hugepages-')) &&
    !names.some((name) => name === 'cpu' || name === 'memory')
  ) {
    problems.push(`${where}: huge pages without cpu or memory`);
  }
  return problems;
}

/** Containers and sidecars together, or the largest init container with the sidecars before it; only what some
 *  container sets is there at all (LimitRanger, podRequests and podLimits). */
function totals(spec: PodSpec, part: 'requests' | 'limits'): Sums {
  const own = (container: Container) => read(container.resources?.[part]);
  let running: Sums = spec.containers.map(own).reduce(plus, {});
  let sidecars: Sums = {};
  let starting: Sums = {};
  for (const container of spec.initContainers ?? []) {
    const together = plus(sidecars, own(container));
    if (container.restartPolicy === 'Always') {
      running = plus(running, own(container));
      sidecars = together;
    }
    starting = larger(starting, together);
  }
  return larger(running, starting);
}

function plus(a: Sums, b: Sums): Sums {
  const sum: Record<string, bigint> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0n) + amount;
  return sum;
}

function larger(a: Sums, b: Sums): Sums {
  const most: Record<string, bigint> = { ...a };
  for (const [name, amount] of Object.entries(b))
    most[name] = amount > (most[name] ?? -1n) ? amount : (most[name] ?? 0n);
  return most;
}

function podLevelProblems(spec: PodSpec): string[] {
  if (spec.resources == null) return [];
  const requests = read(spec.resources.requests);
  const limits = read(spec.resources.limits);
  const problems = requirementProblems('pod', requests, limits);
  const sums = totals(spec, 'requests');
  for (const name of ['cpu', 'memory']) {
    const whole = requests[name] ?? limits[name];
    if (whole !== undefined && (sums[name] ?? 0n) > whole)
      problems.push(`pod: containers request more ${name} than the pod`);
    const limit = limits[name];
    if (limit === undefined) continue;
    const above = spec.containers.filter(({ resources }) => (read(resources?.limits)[name] ?? 0n) > limit);
    problems.push(...above.map((container) => `${container.name}: limit of ${name} above the pod's`));
  }
  return problems;
}

type LimitRange = NamespaceFacts['limitRanges'][number];
type LimitRangeItem = NonNullable<LimitRange['spec']>['limits'][number];

/** What LimitRanger refuses after all webhooks (PodValidateLimitFunc). */
function limitRangeProblems(spec: PodSpec, { metadata, spec: range }: LimitRange): string[] {
  return (range?.limits ?? []).flatMap((item) => {
    const where = `LimitRange ${metadata?.name ?? ''} (${item.type})`;
    if (item.type === 'Pod') {
      const override = (part: 'requests' | 'limits') => ({
        ...totals(spec, part),
        ...read(spec.resources?.[part]),
      });
      return itemProblems(item, override('requests'), override('limits')).map(
        (problem) => `${where}: ${problem}`,
      );
    }
    if (item.type !== 'Container') return [];
    return containersOf(spec).flatMap(({ name, resources }) =>
      itemProblems(item, read(resources?.requests), read(resources?.limits)).map(
        (problem) => `${where}: ${name} ${problem}`,
      ),
    );
  });
}

function itemProblems(
  { min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: Sums,
  limits: Sums,
): string[] {
  const problemsOf = (bounds: LimitRangeItem['min'], problem: BoundProblem) =>
    Object.entries(read(bounds)).flatMap(
      ([name, bound]) => problem(bound, requests[name], limits[name])?.replace('%', name) ?? [],
    );
  return [
    ...problemsOf(min, minimumProblem),
    ...problemsOf(max, maximumProblem),
    ...problemsOf(maxLimitRequestRatio, ratioProblem),
  ];
}

/** What is wrong with request and limit of one resource, `%`. */
type BoundProblem = (
  bound: bigint,
  request: bigint | undefined,
  limit: bigint | undefined,
) => string | undefined;

const minimumProblem: BoundProblem = (least, request, limit) => {
  if (request === undefined || request < least) return 'requests less % than the minimum';
  return limit !== undefined && limit < least ? 'limit of % below the minimum' : undefined;
};

const maximumProblem: BoundProblem = (most, request, limit) => {
  if (limit === undefined || limit > most) return 'limit of % above the maximum or missing';
  return request !== undefined && request > most ? 'requests more % than the maximum' : undefined;
};

const ratioProblem: BoundProblem = (ratio, request = 0n, limit = 0n) => {
  // As LimitRanger does it: in floating point, which may take what is exactly at the ratio to be above.
  const isFar = request === 0n || limit === 0n || (Number(limit) / Number(request)) * 1000 > Number(ratio);
  return isFar ? 'limit of % too far from the request' : undefined;
};

/** Whether no container asks for cpu or memory above 0 (GetPodQOS). */
export function isBestEffort(spec: PodSpec): boolean {
  const asks = [...containersOf(spec), spec].flatMap(({ resources }) => [
    read(resources?.requests),
    read(resources?.limits),
  ]);
  return asks.every(({ cpu = 0n, memory = 0n }) => cpu <= 0n && memory <= 0n);
}

/** Whether a quota counts the pod, as far as its quality of service and its deadline decide that. */
function countsByQos({ spec }: Quotas[number], pod: PodSpec): boolean {
  const selected = spec?.scopeSelector?.matchExpressions?.map(({ scopeName }) => scopeName) ?? [];
  const scopes = [...(spec?.scopes ?? []), ...selected];
  return scopes.every((scope) => {
    if (scope === 'BestEffort') return isBestEffort(pod);
    if (scope === 'NotBestEffort') return !isBestEffort(pod);
    const hasDeadline = pod.activeDeadlineSeconds != null;
    return (scope !== 'Terminating' || hasDeadline) && (scope !== 'NotTerminating' || !hasDeadline);
  });
}

/** Why a quota of which nothing is used refuses the pod. */
function quotaProblems(spec: PodSpec, quota: Quotas[number]): string[] {
  if (!countsByQos(quota, spec)) return [];
  return [...excessOver(spec, quota), ...unnamedIn(spec, quota)];
}

/** Whether the pod asks for more than there is in all. */
function excessOver(spec: PodSpec, { metadata, spec: quota }: Quotas[number]): string[] {
  const where = `quota ${metadata?.name ?? ''}`;
  const asked = (part: 'requests' | 'limits') => ({
    ...totals(spec, part),
    ...read(spec.resources?.[part]),
  });
  return Object.entries(read(quota?.hard)).flatMap(([key, hard]) => {
    if (key === 'pods') return hard < 1000n ? [`${where}: no pods`] : [];
    const [part, name = ''] = key.includes('.') ? key.split('.', 2) : ['requests', key];
    const amount = asked(part === 'limits' ? 'limits' : 'requests')[name] ?? 0n;
    return amount > hard ? [`${where}: ${key} exceeded`] : [];
  });
}

/** A quota that tracks a resource refuses pods whose containers do not name it (podEvaluator.Constraints). */
function unnamedIn(spec: PodSpec, quota: Quotas[number]): string[] {
  const { requests = {}, limits = {} } = spec.resources ?? {};
  if (Object.keys({ ...requests, ...limits }).length > 0) return [];
  const tracked = Object.keys(quota.spec?.hard ?? {}).flatMap((key) => {
    const [part, name] = key.includes('.') ? key.split('.', 2) : ['requests', key];
    return name === 'cpu' || name === 'memory' ? [{ part, name }] : [];
  });
  return tracked.flatMap(({ part, name }) =>
    containersOf(spec)
      .filter(
        ({ resources }) =>
          (part === 'limits' ? resources?.limits : resources?.requests)?.[name] === undefined,
      )
      .map(
        (container) =>
          `quota ${quota.metadata?.name ?? ''}: ${container.name} must specify ${part} of ${name}`,
      ),
  );
}

/** Quotas that did not count the pod before and do so now: a full one refuses it (semantics.md A 28). */
export function quotaEntries(before: PodSpec, after: PodSpec, { resourceQuotas }: NamespaceFacts): string[] {
  return resourceQuotas
    .filter((quota) => !countsByQos(quota, before) && countsByQos(quota, after))
    .map(({ metadata }) => `quota ${metadata?.name ?? ''} counts the pod only now`);
}
