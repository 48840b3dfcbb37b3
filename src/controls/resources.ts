import { z } from 'zod';
import type { Container, PodSpec } from '../kubernetes.js';
import { type Amounts, amountsOf, isBestEffort, isMalformed, totalOf } from './kit/amounts.js';
import { change, type Context, defineContainerControl, keep, skip } from './kit/define.js';
import { deepFreeze } from './kit/freeze.js';
import { type Bounds, boundsOf, quotaByQos, type ResourceName, resourceNames } from './kit/limits.js';
import { formatQuantity, largest, parseQuantity, type Quantity } from './kit/quantity.js';

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => (parseQuantity(text) ?? -1n) > 0n, {
    error: 'expected a quantity above 0, such as 500m or 64Mi',
  });

const amounts = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });

const optionsSchema = z
  .strictObject({
    requests: amounts
      .default({ cpu: '50m', memory: '64Mi' })
      .describe('Requests for containers that have none'),
    limits: amounts.default({ cpu: '1', memory: '1Gi' }).describe('Limits for containers that have none'),
  })
  .refine(({ requests, limits }) => resourceNames.every((name) => isOrdered(requests[name], limits[name])), {
    error: 'expected each request to be at most its limit',
  });
type Options = z.output<typeof optionsSchema>;

function isOrdered(request: string | undefined, limit: string | undefined): boolean {
  if (request === undefined || limit === undefined) return true;
  return (parseQuantity(request) ?? 0n) <= (parseQuantity(limit) ?? 0n);
}

/** Gives each container a share and a ceiling, so that none starves its neighbours. */
export const resources = defineContainerControl({
  id: 'resources',
  level: 'extra',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary:
      "Sets default CPU and memory requests and limits, never below the container's own, and within the namespace's " +
      'LimitRanges and quotas.',
    why: 'A container without limits can starve the node and every neighbour on it.',
    mayBreak:
      'Programs that need more memory than the default limit are killed (OOMKilled), and a CPU limit slows a start. ' +
      'The quality of service changes from BestEffort to Burstable.',
    remedy: 'resources.limits.memory: <what it needs>',
    source: 'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
  },
  writes: ['containers[*].resources.requests', 'containers[*].resources.limits'],
  skips: {
    podLevelResources: 'the pod sets resources as a whole, and shares for its containers could exceed them',
    quotaByQos: 'the pod would cease to be BestEffort, and a ResourceQuota counts by that',
    limitRange: 'no value fits into a LimitRange of the namespace',
    podLimitRange: 'the sum of all containers would leave the bounds of a LimitRange for whole pods',
    malformed: 'a quantity of its own cannot be read',
  },
  notes: {
    limitRaised: 'a limit was raised to the request that the container asks for',
    limitRangeDefault: 'a LimitRange fills in the rest',
    fitted: 'the default was fitted into a LimitRange of the namespace',
  },
  options: optionsSchema,
  survey: surveyPod,
  harden(container, _context, _options, { defaults, obstacle, bounds }) {
    if (obstacle !== undefined) return skip(obstacle.reason, obstacle.detail);
    if (resourceNames.some((name) => isMalformed(container, name))) return skip('malformed');
    if (bounds === noBounds && container.resources?.requests == null && container.resources?.limits == null) {
      return defaultChangeOf(defaults);
    }
    const filled = resourceNames.map((name) => fill(container, name, defaults[name], bounds[name]));
    const misfit = filled.find((one) => one.misfit !== undefined)?.misfit;
    if (misfit !== undefined) return skip('limitRange', misfit);
    return decide(filled);
  },
});

function decide(filled: readonly Filled[]) {
  const requests = pick(filled, 'request');
  const limits = pick(filled, 'limit');
  const notes = [...new Set(filled.flatMap((one) => one.notes))];
  if (requests === undefined && limits === undefined) return keep(...notes);
  return change<Container, Filled['notes'][number]>(
    { resources: { ...(requests && { requests }), ...(limits && { limits }) } },
    notes.length > 0 ? { notes } : undefined,
  );
}

const defaultChanges = new WeakMap<Defaults, ReturnType<typeof decide>>();

/** The decision for a container that says nothing, in a namespace that says nothing: by far the most frequent one. */
function defaultChangeOf(defaults: Defaults): ReturnType<typeof decide> {
  let made = defaultChanges.get(defaults);
  if (made === undefined) {
    made = deepFreeze(decide(resourceNames.map((name) => fill({ name: '' }, name, defaults[name], []))));
    defaultChanges.set(defaults, made);
  }
  return made;
}

type Obstacle = { reason: 'podLevelResources' | 'quotaByQos' | 'podLimitRange'; detail?: string };
type Defaults = Readonly<Record<ResourceName, Amounts>>;
interface Survey {
  readonly defaults: Defaults;
  readonly bounds: Readonly<Record<ResourceName, readonly Bounds[]>>;
  readonly obstacle: Obstacle | undefined;
}

const parsedDefaults = new WeakMap<Options, Defaults>();
const noBounds = { cpu: [], memory: [] };

/** What holds for the whole pod: found out once, whatever the number of containers. */
function surveyPod({ pod: { spec }, facts, known }: Context, options: Options): Survey {
  const defaults = parseDefaults(options);
  if (hasPodLevelResources(spec))
    return { defaults, bounds: noBounds, obstacle: { reason: 'podLevelResources' } };
  const quota = quotaByQos(facts);
  if (quota !== undefined && isBestEffort(spec)) {
    return { defaults, bounds: noBounds, obstacle: { reason: 'quotaByQos', detail: quota } };
  }
  if (facts.limitRanges.length === 0) return { defaults, bounds: noBounds, obstacle: undefined };
  const bounds = { cpu: boundsOf(facts, 'Container', 'cpu'), memory: boundsOf(facts, 'Container', 'memory') };
  const skipped = (container: Container) => known(container).cannot.includes('resources');
  for (const name of resourceNames) {
    const amountOf = (container: Container): Amounts => {
      const own = amountsOf(container, name);
      if (container.securityContext?.privileged === true || skipped(container)) return own;
      const { request, limit } = fill(container, name, defaults[name], bounds[name]);
      return { request: own.request ?? request ?? limit, limit: own.limit ?? limit };
    };
    for (const bound of boundsOf(facts, 'Pod', name)) {
      if (fitsPod(spec, amountOf, bound)) continue;
      return { defaults, bounds, obstacle: { reason: 'podLimitRange', detail: bound.name } };
    }
  }
  return { defaults, bounds, obstacle: undefined };
}

function fitsPod(spec: PodSpec, amountOf: (container: Container) => Amounts, bound: Bounds): boolean {
  const request = totalOf(spec, (container) => amountOf(container).request);
  const limit = totalOf(spec, (container) => amountOf(container).limit);
  if (bound.max !== undefined && (limit > bound.max || request > bound.max)) return false;
  // A limit that was not there is not compared; one that we add is.
  if (bound.min !== undefined && (request < bound.min || (limit > 0n && limit < bound.min))) return false;
  return bound.ratio === undefined || isWithinRatio(request, limit, bound.ratio);
}

/** limit / request ≤ ratio, without a division; the API server refuses a ratio of or to nothing. */
function isWithinRatio(request: Quantity, limit: Quantity, ratio: Quantity): boolean {
  return request > 0n && limit > 0n && limit * 1_000_000_000n <= request * ratio;
}

interface Filled {
  readonly name: ResourceName;
  readonly request?: Quantity;
  readonly limit?: Quantity;
  readonly notes: ('limitRaised' | 'limitRangeDefault' | 'fitted')[];
  /** Name of the LimitRange into which nothing fits. */
  readonly misfit?: string;
}

/** The values to add for one resource of one container. Before it calls a webhook the API server has filled in
 *  what LimitRanges give; in a preview it has not yet, so that is left to it here. A LimitRange with a maximum gives a
 *  limit too: what is left to be kept within is the ratio. */
function fill(
  container: Container,
  name: ResourceName,
  defaults: Amounts,
  bounds: readonly Bounds[],
): Filled {
  const own = amountsOf(container, name);
  if (own.limit !== undefined) return { name, notes: [] };
  if (bounds.some(({ defaultLimit }) => defaultLimit !== undefined))
    return { name, notes: ['limitRangeDefault'] };
  const given =
    own.request ?? bounds.find(({ defaultRequest }) => defaultRequest !== undefined)?.defaultRequest;
  const added = given === undefined ? defaults.request : undefined;
  const request = added === undefined ? {} : { request: added };
  if (defaults.limit === undefined) return { name, notes: [], ...request };
  const floor = given ?? added ?? 0n;
  const wish = largest(defaults.limit, floor);
  const limit = lowerToRatio(wish, floor, name, bounds);
  const misfit = bounds.find(({ ratio }) => ratio !== undefined && !isWithinRatio(floor, limit, ratio));
  if (misfit !== undefined) return { name, notes: [], misfit: misfit.name };
  const notes: Filled['notes'] = [];
  if (wish > defaults.limit) notes.push('limitRaised');
  if (limit < wish) notes.push('fitted');
  return { name, limit, notes, ...request };
}

/** What a limit is written down in, in billionths: thousandths of a core, bytes. */
const grain: Readonly<Record<ResourceName, Quantity>> = { cpu: 1_000_000n, memory: 1_000_000_000n };

/** Rounded down, so that writing it down does not take it over the ratio again. */
function lowerToRatio(
  limit: Quantity,
  request: Quantity,
  name: ResourceName,
  bounds: readonly Bounds[],
): Quantity {
  let result = limit;
  for (const { ratio } of bounds) {
    const most = ratio === undefined ? limit : (request * ratio) / 1_000_000_000n;
    if (result > most) result = most - (most % grain[name]);
  }
  return largest(result, request);
}

function hasPodLevelResources({ resources: own }: PodSpec): boolean {
  return Object.keys(own?.requests ?? {}).length > 0 || Object.keys(own?.limits ?? {}).length > 0;
}

function parseDefaults(options: Options): Defaults {
  let parsed = parsedDefaults.get(options);
  if (parsed === undefined) {
    const read = (text: string | undefined) => (text === undefined ? undefined : parseQuantity(text));
    const of = (name: ResourceName) => ({
      request: read(options.requests[name]),
      limit: read(options.limits[name]),
    });
    parsed = { cpu: of('cpu'), memory: of('memory') };
    parsedDefaults.set(options, parsed);
  }
  return parsed;
}

function pick(filled: readonly Filled[], part: 'request' | 'limit'): Record<string, string> | undefined {
  let picked: Record<string, string> | undefined;
  for (const one of filled) {
    const value = one[part];
    if (value !== undefined) (picked ??= {})[one.name] = formatQuantity(value, one.name);
  }
  return picked;
}
