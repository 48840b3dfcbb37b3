import type { Fault } from './fault.js';
import type { ReadFailure } from './reflector.js';

/** What is read of a cluster, as RBAC names it. */
export const factResources = ['namespaces', 'limitranges', 'resourcequotas'] as const;
export type FactResource = (typeof factResources)[number];

/** What is done with each; `get` is for a namespace that the lists do not hold yet. */
export const factVerbs = ['get', 'list', 'watch'] as const;

/** One try to read that failed. */
export interface FactFailure extends ReadFailure {
  readonly resource: FactResource;
  /** Whether there are earlier facts to go on with. */
  readonly isKnown: boolean;
}

/** How it stands with one resource. */
export interface FactHealth {
  readonly resource: FactResource;
  /** Whether a first list is there. */
  readonly isKnown: boolean;
  /** Since the API server was last heard of it. Up to 90,000 is normal: after so long a silence a watch is opened
   *  anew. */
  readonly ageMilliseconds: number;
  /** Why it cannot be read now; undefined while all is well. */
  readonly fault: Fault | undefined;
}
