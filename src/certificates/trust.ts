import { bundleOf } from './authorities.js';
import type { Certificate } from './source.js';

/** What is known of whom the API server trusts. */
export class Trust {
  /** Whether it has once been told of all that is shared. */
  #wasComplete = false;
  /** Until it is known, which it may never be where it may not be read. */
  #isOpen = true;
  /** Since when each authority was seen to be trusted, by its PEM; those that we do not know of are not in it. */
  #since: ReadonlyMap<string, Date> = new Map();

  /** False until the API server was told to trust what is shared, or that cannot be known. */
  get isSettled(): boolean {
    return this.#wasComplete || !this.#isOpen;
  }

  /** Notes what each webhook is told to trust, where it should be these authorities. */
  note(bundles: readonly string[], authorities: readonly Certificate[], now: Date): void {
    const caBundle = bundleOf(authorities);
    this.#isOpen = bundles.some((bundle) => bundle !== caBundle);
    this.#wasComplete ||= !this.#isOpen;
    const trusted = authorities.filter(({ cert }) => bundles.every((bundle) => bundle.includes(cert)));
    this.#since = new Map(trusted.map(({ cert }) => [cert, this.#since.get(cert) ?? now]));
  }

  /** Notes that it cannot be known. */
  noteUnknown(): void {
    this.#isOpen = false;
  }

  /** Those that have been trusted from that time on, or longer. */
  trustedSince(latest: Date, authorities: readonly Certificate[]): readonly Certificate[] {
    return authorities.filter(({ cert }) => {
      const since = this.#since.get(cert);
      return since !== undefined && since <= latest;
    });
  }
}
