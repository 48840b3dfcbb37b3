import { valueAt } from '../preview/paths.js';
import type { ManifestObject } from '../preview/manifests.js';
import { isMapping } from '../shape.js';
import type { Workload } from './workloads.js';

/** Why others than the pods of its namespace call a workload; undefined where nothing says so. */
export function exposureOf(
  { labels, namespace }: Workload,
  objects: readonly ManifestObject[],
): string | undefined {
  const here = objects.filter((object) => object.namespace === namespace);
  const services = here.filter((object) => isServiceFor(object, labels));
  const open = services.find(({ value }) =>
    /^(?:NodePort|LoadBalancer)$/.test(String(valueAt(value, ['spec', 'type']))),
  );
  if (open !== undefined)
    return `Service ${open.name} is of type ${String(valueAt(open.value, ['spec', 'type']))}`;
  const names = new Set(services.map(({ name }) => name));
  const route = here.find((object) => backendsOf(object).some((name) => names.has(name)));
  return route === undefined ? undefined : `${route.kind} ${route.name} leads to it`;
}

function isServiceFor({ apiVersion, kind, value }: ManifestObject, labels: Workload['labels']): boolean {
  if (apiVersion !== 'v1' || kind !== 'Service') return false;
  const selector = valueAt(value, ['spec', 'selector']);
  const wanted = isMapping(selector) ? Object.entries(selector) : [];
  return wanted.length > 0 && wanted.every(([key, label]) => labels[key] === label);
}

/** The Services that an Ingress or a route of the Gateway API names, wherever it does. */
function backendsOf({ kind, value }: ManifestObject): string[] {
  if (!/^(?:Ingress|HTTPRoute|GRPCRoute|TCPRoute|TLSRoute)$/.test(kind)) return [];
  return namesIn(value.spec, kind === 'Ingress' ? 'service' : 'backendRefs');
}

/** Names in all members of that key, however deep. */
function namesIn(value: unknown, key: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, key));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name !== key) return namesIn(member, key);
    const named = Array.isArray(member) ? (member as unknown[]) : [member];
    return named.flatMap((one) => (isMapping(one) && typeof one.name === 'string' ? [one.name] : []));
  });
}
