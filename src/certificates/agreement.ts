import { aliveAt, type Lifetimes, withSuccessor } from './authorities.js';
import type { Certificate } from './source.js';

/** What one replica knows by itself. */
export interface Replica {
  /** The authorities that it last agreed on; before that, the one that it would propose. */
  readonly authorities: readonly Certificate[];
  /** The authority of the certificate that it serves, once agreed on. */
  readonly inUse: Certificate | undefined;
  /** Whether it is the one that does what is to be done once. */
  readonly isLeading: boolean;
}

/** What a replica makes of the authorities that it found. */
export interface Agreement {
  readonly authorities: readonly Certificate[];
  /** Whether others must be told before any of them is used. */
  readonly isNews: boolean;
}

/** The authorities on which replicas agree:
 *  | found          | then there are                                                           |
 *  | -------------- | ------------------------------------------------------------------------ |
 *  | nothing usable | those that the replica knows: what was lost is put back                   |
 *  | authorities    | these; and the one that it serves a certificate of, lest nobody trusts it |
 *  The one that leads also adds a successor in time, and takes away what has expired. */
export function agree(
  found: readonly Certificate[],
  { authorities: own, inUse, isLeading }: Replica,
  lifetimes: Lifetimes,
  now: Date,
): Agreement {
  const usable = aliveAt(found, now);
  const missing = inUse === undefined || includes(usable, inUse) ? [] : [inUse];
  const base = usable.length === 0 ? own : [...usable, ...missing];
  const alive = aliveAt(base, now);
  const authorities = isLeading || alive.length === 0 ? withSuccessor(alive, lifetimes, now) : alive;
  // Of what has expired the others know by themselves; the one that leads tidies up.
  const known = isLeading ? found : usable;
  return { authorities, isNews: fingerprintsOf(authorities) !== fingerprintsOf(known) };
}

function includes(authorities: readonly Certificate[], wanted: Certificate): boolean {
  return authorities.some(({ fingerprint }) => fingerprint === wanted.fingerprint);
}

function fingerprintsOf(authorities: readonly Certificate[]): string {
  return authorities.map(({ fingerprint }) => fingerprint).join();
}
