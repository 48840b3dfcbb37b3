import { type NetworkPolicy, readNetworkPolicy } from '../guides/networkPolicy.js';
import type { Manifests } from './manifests.js';

/** The NetworkPolicies among manifests by namespace. Those that name none are in the one called `unnamed`. */
export function networkPoliciesIn(
  manifests: readonly Manifests[],
  unnamed: string,
): ReadonlyMap<string, readonly NetworkPolicy[]> {
  const found = new Map<string, NetworkPolicy[]>();
  for (const { objects } of manifests.flatMap(({ documents }) => documents)) {
    for (const { kind, namespace, value } of objects) {
      const policy = kind === 'NetworkPolicy' ? readNetworkPolicy(value) : undefined;
      if (policy === undefined) continue;
      const owner = namespace || unnamed;
      found.set(owner, [...(found.get(owner) ?? []), policy]);
    }
  }
  return found;
}
