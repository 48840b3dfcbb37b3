import type { Container, PodSpec } from '../../kubernetes.js';
import type { ResourceName } from './limits.js';
import { type Quantity, largest, parseQuantity } from './quantity.js';

/** Request and limit of one resource; undefined where unset. */
export interface Amounts {
  readonly request: Quantity | undefined;
  readonly limit: Quantity | undefined;
}

/** What the container itself says of a resource. As the API server does, a limit alone is its request too. */
export function amountsOf(container: Container, resource: ResourceName): Amounts {
  const request = read(container.resources?.requests?.[resource]);
  const limit = read(container.resources?.limits?.[resource]);
  return { request: request ?? limit, limit };
}

/** A null, as an empty value in a template leaves it, is zero to the API server and not unset (Quantity.UnmarshalJSON). */
function read(value: string | null | undefined): Quantity | undefined {
  return value === null ? 0n : value === undefined ? undefined : parseQuantity(value);
}

/** Whether the container's entry for a resource is there but is no quantity. */
export function isMalformed(container: Container, resource: ResourceName): boolean {
  const { requests, limits } = container.resources ?? {};
  return isNoQuantity(requests?.[resource]) || isNoQuantity(limits?.[resource]);
}

function isNoQuantity(value: string | undefined): boolean {
  return value != null && parseQuantity(value) === undefined;
}

/** Whether no container has any cpu or memory: the pod's quality of service is BestEffort. */
export function isBestEffort(
  spec: PodSpec,
  amountsIn: (container: Container, resource: ResourceName) => Amounts = amountsOf,
): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers].every((container) =>
    (['cpu', 'memory'] as const).every((resource) => {
      const { request, limit } = amountsIn(container, resource);
      return (request ?? 0n) === 0n && (limit ?? 0n) === 0n;
    }),
  );
}

/** What the whole pod asks for: containers and sidecars together, or the largest init container with the sidecars
 *  that run before it, whichever is more (component-helpers, PodRequests). Undefined parts count as nothing. */
export function totalOf(spec: PodSpec, amountOf: (container: Container) => Quantity | undefined): Quantity {
  let running = 0n;
  for (const container of spec.containers) running += amountOf(container) ?? 0n;
  let sidecars = 0n;
  let starting = 0n;
  for (const container of spec.initContainers ?? []) {
    const amount = amountOf(container) ?? 0n;
    if (container.restartPolicy === 'Always') {
      sidecars += amount;
      starting = largest(starting, sidecars);
    } else {
      starting = largest(starting, sidecars + amount);
    }
  }
  return largest(running + sidecars, starting);
}
