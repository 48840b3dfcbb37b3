import * as z from 'zod';
import type { Container, PodSpec } from '../kubernetes.js';
import { Memo } from '../memo.js';
import { type Amounts, amountsOf, isBestEffort, isMalformed } from './kit/amounts.js';
import type { Context } from './kit/context.js';
import { change, keep, type LeftOut, skip } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { type Filled, fill, withGiven } from './kit/fill.js';
import { deepFreeze } from './kit/freeze.js';
import { type Bounds, boundsOf, quotaByQos, type ResourceName, resourceNames } from './kit/limits.js';
import { type Room, roomFor } from './kit/podBounds.js';
import { formatQuantity, parseQuantity } from './kit/quantity.js';
import { isWhitelisted } from './kit/tolerationsWhitelist.js';

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
      .prefault({ cpu: '50m', memory: '64Mi' })
      .describe('Requests for containers that have none'),
    limits: amounts.prefault({ cpu: '1', memory: '1Gi' }).describe('Limits for containers that have none'),
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
    tolerationsWhitelist:
      'the pod would cease to be BestEffort and get a toleration that the namespace does not list',
    limitRange: 'no value fits into a LimitRange of the namespace',
    podLimitRange: 'all containers together would leave the bounds of a LimitRange',
    malformed: 'a quantity of its own cannot be read',
  },
  notes: {
    limitRaised: 'a limit was raised to the request that the container asks for',
    limitRangeDefault: 'a LimitRange fills in the rest',
    fitted: 'the default was fitted into a LimitRange of the namespace',
  },
  options: optionsSchema,
  survey: surveyPod,
  harden(container, _context, _options, survey) {
    const { obstacle, bounds } = survey;
    if (obstacle !== undefined) return skip(obstacle.reason, obstacle.detail);
    if (resourceNames.some((name) => isMalformed(container, name))) return skip('malformed');
    return bounds === noBounds ? decideUnbounded(container, survey) : decide(container, survey);
  },
});

function decide(container: Container, { defaults, bounds, rooms }: Survey) {
  const leftOut: LeftOut<'limitRange' | 'podLimitRange'>[] = [];
  const filled = resourceNames.map((name): Filled => {
    const whole = fill(container, name, defaults[name], bounds[name]);
    if (whole.misfit !== undefined) {
      leftOut.push({ part: name, reason: 'limitRange', detail: whole.misfit });
      return { name, notes: [] };
    }
    const room = rooms[name];
    if (room === undefined || (whole.request ?? whole.limit) === undefined) return whole;
    const rest = fill(container, name, room.defaults, bounds[name]);
    const part = rest.request === whole.request ? `limits.${name}` : name;
    leftOut.push({ part, reason: 'podLimitRange', detail: room.obstacle });
    return rest;
  });
  const requests = pick(filled, 'request');
  const limits = pick(filled, 'limit');
  const notes = [...new Set(filled.flatMap((one) => one.notes))];
  if (requests === undefined && limits === undefined) {
    const [first] = leftOut;
    return first === undefined ? keep(...notes) : skip(first.reason, first.detail);
  }
  return change<Container, Filled['notes'][number], (typeof leftOut)[number]['reason']>(
    { resources: { ...(requests && { requests }), ...(limits && { limits }) } },
    { ...(notes.length > 0 && { notes }), ...(leftOut.length > 0 && { leftOut }) },
  );
}

type Decided = ReturnType<typeof decide>;

/** Where no LimitRange counts, the decision follows from four quantities, or their absence. */
interface Unbounded {
  /** Of a container without any. */
  readonly bare: Decided;
  readonly others: Memo<Decided>;
}

const unbounded = new WeakMap<Defaults, Unbounded>();

function decideUnbounded(container: Container, survey: Survey): Decided {
  const { requests, limits } = container.resources ?? {};
  const { bare, others } = unboundedOf(survey);
  if (requests == null && limits == null) return bare;
  const texts = `${requests?.cpu},${requests?.memory},${limits?.cpu},${limits?.memory}`;
  return others.of(texts, () => decide(container, survey), deepFreeze);
}

function unboundedOf(survey: Survey): Unbounded {
  let known = unbounded.get(survey.defaults);
  if (known === undefined) {
    known = { bare: deepFreeze(decide({ name: '' }, survey)), others: new Memo(1000) };
    unbounded.set(survey.defaults, known);
  }
  return known;
}

type Obstacle = { reason: 'podLevelResources' | 'quotaByQos' | 'tolerationsWhitelist'; detail?: string };
type Defaults = Readonly<Record<ResourceName, Amounts>>;
interface Survey {
  readonly defaults: Defaults;
  readonly bounds: Readonly<Record<ResourceName, readonly Bounds[]>>;
  /** Where LimitRanges for whole pods leave no room for all of the defaults. */
  readonly rooms: Readonly<Partial<Record<ResourceName, Room>>>;
  readonly obstacle: Obstacle | undefined;
}

const parsedDefaults = new WeakMap<Options, Defaults>();
const noBounds = { cpu: [], memory: [] };
const noRooms = {};

/** What the admission plugin PodTolerationRestriction gives to each pod that is not BestEffort. */
const memoryPressure = {
  key: 'node.kubernetes.io/memory-pressure',
  operator: 'Exists',
  effect: 'NoSchedule',
};

/** Why the API server could refuse a BestEffort pod that ceases to be one. */
function reasonToStayBestEffort({ facts, pod }: Context): Obstacle | undefined {
  const quota = quotaByQos(facts, pod.spec);
  if (quota !== undefined) return { reason: 'quotaByQos', detail: quota };
  return isWhitelisted(memoryPressure, facts)
    ? undefined
    : { reason: 'tolerationsWhitelist', detail: memoryPressure.key };
}

/** What holds for the whole pod: found out once, whatever the number of containers. */
function surveyPod(context: Context, options: Options): Survey {
  const { facts, pod } = context;
  const defaults = parseDefaults(options);
  const free = { defaults, bounds: noBounds, rooms: noRooms, obstacle: undefined };
  if (hasPodLevelResources(pod.spec)) return { ...free, obstacle: { reason: 'podLevelResources' } };
  const best = reasonToStayBestEffort(context);
  if (best === undefined && facts.limitRanges.length === 0) return free;
  const bounds = { cpu: boundsOf(facts, 'Container', 'cpu'), memory: boundsOf(facts, 'Container', 'memory') };
  const given = (container: Container, name: ResourceName) =>
    withGiven(amountsOf(container, name), bounds[name]);
  if (best !== undefined && isBestEffort(pod.spec, given)) return { ...free, obstacle: best };
  if (facts.limitRanges.length === 0) return free;
  return { defaults, bounds, rooms: surveyRooms(context, defaults, bounds), obstacle: undefined };
}

function surveyRooms({ pod, facts, known }: Context, defaults: Defaults, bounds: Survey['bounds']) {
  const isLeftAlone = (container: Container) =>
    container.securityContext?.privileged === true || known(container).cannot['resources'] !== undefined;
  const rooms: Partial<Record<ResourceName, Room>> = {};
  for (const name of resourceNames) {
    const amountsWith = (filling: Amounts) => (container: Container) => {
      const own = amountsOf(container, name);
      const { request, limit } = isLeftAlone(container) ? own : fill(container, name, filling, bounds[name]);
      return withGiven({ request: own.request ?? request, limit: own.limit ?? limit }, bounds[name]);
    };
    const room = roomFor(pod.spec, name, boundsOf(facts, 'Pod', name), defaults[name], amountsWith);
    if (room !== undefined) rooms[name] = room;
  }
  return rooms;
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
