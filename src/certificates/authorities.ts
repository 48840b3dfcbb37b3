import { createCertificateAuthority, dayMilliseconds, isRenewalDue } from './authority.js';
import type { Certificate } from './source.js';

/** How long what is made lasts, in days. A certificate lasts a quarter of its authority's life at most: what is longer
 *  leaves no time to hand over to the next authority. */
export interface Lifetimes {
  readonly authorityDays: number;
  readonly certificateDays: number;
}

/** Those that have not expired, oldest first. None that has vouches for anything: no certificate outlives its
 *  authority. */
export function aliveAt(authorities: readonly Certificate[], now: Date): readonly Certificate[] {
  return authorities
    .filter((authority) => lasts(authority, 0, now))
    .toSorted((one, other) => one.notAfter.getTime() - other.notAfter.getTime());
}

/** Those that have begun: the others were made while a clock was ahead. All, where none has: ours may be behind. */
export function begunAt(authorities: readonly Certificate[], now: Date): readonly Certificate[] {
  const begun = authorities.filter(({ notBefore }) => notBefore <= now);
  return begun.length > 0 ? begun : authorities;
}

/** Those that are alive, with a new one where it is time: where each has lived for two thirds of its life, would not
 *  outlive two more certificates, or has not begun. So it is trusted before it signs, for as long as a certificate
 *  lasts. Each is asked, not the one that ends last: where lives have become shorter since, that is an older one. */
export function withSuccessor(
  authorities: readonly Certificate[],
  { authorityDays, certificateDays }: Lifetimes,
  now: Date,
): readonly Certificate[] {
  const alive = aliveAt(authorities, now);
  const hasTime = alive.some(
    (authority) => !isRenewalDue(authority, now) && lasts(authority, 2 * certificateDays, now),
  );
  return hasTime ? alive : aliveAt([...alive, createCertificateAuthority(now, authorityDays)], now);
}

/** Who signs a new certificate: of those that have begun and outlive it the one that ends first, as clients have known
 *  that one longest, unless lives have become shorter since.
 *  @throws RangeError where there is none */
export function signerOf(
  authorities: readonly Certificate[],
  { certificateDays }: Lifetimes,
  now: Date,
): Certificate {
  const begun = begunAt(authorities, now);
  const signer = begun.find((authority) => lasts(authority, certificateDays, now)) ?? begun.at(-1);
  if (signer === undefined) throw new RangeError('there is no authority to sign');
  return signer;
}

/** PEM of what a client must trust. */
export function bundleOf(authorities: readonly Certificate[]): string {
  return authorities.map(({ cert }) => cert).join('');
}

function lasts(authority: Certificate, days: number, now: Date): boolean {
  return authority.notAfter.getTime() > now.getTime() + days * dayMilliseconds;
}
