import type { Container } from '../../kubernetes.js';
import { type Amounts, amountsOf } from './amounts.js';
import type { Bounds, ResourceName } from './limits.js';
import { largest, type Quantity } from './quantity.js';

/** What one resource of one container lacks. */
export interface Filled {
  readonly name: ResourceName;
  readonly request?: Quantity;
  readonly limit?: Quantity;
  readonly notes: ('limitRaised' | 'limitRangeDefault' | 'fitted')[];
  /** What the LimitRange asks into which nothing fits. */
  readonly misfit?: string;
}

/** The values to add for one resource of one container. Before it calls a webhook the API server has filled in
 *  what LimitRanges give; in a preview it has not yet, so that is left to it here. A LimitRange with a maximum gives a
 *  limit too: what is left to be kept within is the ratio. */
export function fill(
  container: Container,
  name: ResourceName,
  defaults: Amounts,
  bounds: readonly Bounds[],
): Filled {
  const own = amountsOf(container, name);
  if (own.limit !== undefined) return { name, notes: [] };
  if (bounds.some(({ defaultLimit }) => defaultLimit !== undefined))
    return { name, notes: ['limitRangeDefault'] };
  const given = bounds.find(({ defaultRequest }) => defaultRequest !== undefined)?.defaultRequest;
  const hasRequest = own.request !== undefined;
  const notes: Filled['notes'] = !hasRequest && given !== undefined ? ['limitRangeDefault'] : [];
  const floor = own.request ?? given ?? defaults.request;
  // Together with a limit of ours the request is written out: a limit alone would be taken for it.
  const request = hasRequest || floor === undefined ? {} : { request: floor };
  if (defaults.limit !== undefined) {
    return { name, ...request, ...fitLimit(defaults.limit, floor ?? 0n, name, bounds, notes) };
  }
  return given === undefined ? { name, notes, ...request } : { name, notes };
}

/** The default limit, raised to the request and lowered to the ratio; or the LimitRange into which none fits. */
function fitLimit(
  limit: Quantity,
  request: Quantity,
  name: ResourceName,
  bounds: readonly Bounds[],
  notes: Filled['notes'],
): Omit<Filled, 'name'> {
  const raised = largest(limit, request);
  const fitted = lowerToRatio(raised, request, name, bounds);
  const isUseless = name === 'memory' && fitted < raised && fitted < leastMemory;
  const misfit = bounds.find(
    ({ ratio }) => ratio !== undefined && (isUseless || !isWithinRatio(request, fitted, ratio)),
  );
  if (misfit !== undefined) return { notes: [], misfit: describeRatio(misfit, name, 'a container') };
  if (raised > limit) notes.push('limitRaised');
  if (fitted < raised) notes.push('fitted');
  return { limit: fitted, notes };
}

/** With a limit below 6Mi no container starts: it would be admitted only to be killed. */
const leastMemory: Quantity = 6n * 1024n * 1024n * 1_000_000_000n;

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
    // Exactly at the ratio, floating point may take it to be above.
    if (ratio !== undefined && !isWithinRatio(request, result, ratio)) result -= grain[name];
  }
  return largest(result, request);
}

/** Whether limit / request ≤ ratio to the API server, which reckons in thousandths and in floating point
 *  (limitRequestRatioConstraint of LimitRanger) and refuses a ratio of or to nothing. */
export function isWithinRatio(request: Quantity, limit: Quantity, ratio: Quantity): boolean {
  if (request <= 0n || limit <= 0n) return false;
  return (thousandths(limit) / thousandths(request)) * 1000 <= thousandths(ratio);
}

function thousandths(value: Quantity): number {
  return Number((value + 999_999n) / 1_000_000n);
}

/** `LimitRange few: memory limits of a container at most 4 times its requests`. */
export function describeRatio({ name, ratio = 0n }: Bounds, resource: ResourceName, whose: string): string {
  return `LimitRange ${name}: ${resource} limits of ${whose} at most ${thousandths(ratio) / 1000} times the requests`;
}

/** What the container comes to once LimitRanges have filled in what is still unset, and a limit alone is its request. */
export function withGiven({ request, limit }: Amounts, bounds: readonly Bounds[]): Amounts {
  const given = bounds.find(({ defaultLimit }) => defaultLimit !== undefined)?.defaultLimit;
  const asked = bounds.find(({ defaultRequest }) => defaultRequest !== undefined)?.defaultRequest;
  return { request: request ?? asked ?? limit ?? given, limit: limit ?? given };
}
