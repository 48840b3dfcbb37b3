import type { Container, PodSpec } from '../../kubernetes.js';
import { type Amounts, totalOf } from './amounts.js';
import { describeRatio, isWithinRatio } from './fill.js';
import type { Bounds, ResourceName } from './limits.js';
import { formatQuantity, type Quantity } from './quantity.js';

/** What LimitRanges for whole pods leave of the defaults for one resource. */
export interface Room {
  readonly defaults: Amounts;
  /** What stands in the way of the rest. */
  readonly obstacle: string;
}

type AmountsOf = (container: Container) => Amounts;

const nothing: Amounts = { request: undefined, limit: undefined };

/** The room that is left where request and limit do not both fit: for the request alone, or for nothing.
 *  `amountsWith` gives what a container comes to when it is filled with such defaults. */
export function roomFor(
  spec: PodSpec,
  name: ResourceName,
  bounds: readonly Bounds[],
  defaults: Amounts,
  amountsWith: (filling: Amounts) => AmountsOf,
): Room | undefined {
  const obstacle = firstObstacle(spec, name, bounds, amountsWith(defaults));
  if (obstacle === undefined) return undefined;
  const requestAlone = { ...defaults, limit: undefined };
  const fits = firstObstacle(spec, name, bounds, amountsWith(requestAlone)) === undefined;
  const { limit: taken } = sumOf(spec, amountsWith(nothing));
  return { defaults: fits ? requestAlone : nothing, obstacle: obstacle(taken) };
}

/** In words, given what the containers' own limits come to. */
type Obstacle = (taken: Quantity) => string;

function firstObstacle(
  spec: PodSpec,
  resource: ResourceName,
  bounds: readonly Bounds[],
  amountsOf: AmountsOf,
): Obstacle | undefined {
  if (bounds.length === 0) return undefined;
  const { request, limit } = sumOf(spec, amountsOf);
  const spell = (value: Quantity) => formatQuantity(value, resource);
  for (const bound of bounds) {
    const { name, min, max, ratio } = bound;
    if (max !== undefined && (limit > max || request > max)) {
      return (taken) =>
        `LimitRange ${name}: ${resource} of all containers at most ${spell(max)}, ${spell(taken)} are taken`;
    }
    // A limit that was not there is not compared; one that we add is.
    if (min !== undefined && (request < min || (limit > 0n && limit < min))) {
      return () =>
        `LimitRange ${name}: ${resource} of all containers at least ${spell(min)}, limits would be ${spell(limit)}`;
    }
    if (ratio !== undefined && !isWithinRatio(request, limit, ratio)) {
      return () => describeRatio(bound, resource, 'all containers');
    }
  }
  return undefined;
}

function sumOf(spec: PodSpec, amountsOf: AmountsOf): { request: Quantity; limit: Quantity } {
  return {
    request: totalOf(spec, (container) => amountsOf(container).request),
    limit: totalOf(spec, (container) => amountsOf(container).limit),
  };
}
