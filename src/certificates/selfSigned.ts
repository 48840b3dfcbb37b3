import { EventEmitter } from 'node:events';
import { CertificateError } from '../errors.js';
import {
  authorityDays,
  createCertificateAuthority,
  dayMilliseconds,
  issueServingCertificate,
  renewalTime,
} from './authority.js';
import { type Certificate, type CertificateSource, type SourceEvents, sourceOf } from './source.js';

/** Whom the certificate is for, and for how long. */
export interface SelfSignedOptions {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Life of a serving certificate, 1 to 91 days; 30 if left out. */
  readonly days?: number;
  /** When the first certificate's life starts; the clock's time if left out. */
  readonly now?: Date;
}

/** A quarter of an authority's life: what is longer leaves no time to hand over to the next authority. */
const mostDays = Math.floor(authorityDays / 4);

/** The clock is asked again and again, not slept through: a machine may be suspended or its clock put right,
 *  and a single timer could not wait for more than 24.8 days. */
const lookMilliseconds = 60 * 60 * 1000;

/** A certificate from an authority of its own, both in memory only. The certificate is renewed after two thirds
 *  of its life; the authority gets a successor, which is in `caBundle` one renewal before it signs.
 *  @throws CertificateError when a name is neither a DNS name nor an IP address, or the days are out of range */
export function createSelfSigned(
  options: SelfSignedOptions,
): CertificateSource & { readonly caBundle: string } {
  const { names, days = 30, now: start = new Date() } = options;
  requireDays(days);
  const events = new EventEmitter<SourceEvents>();
  let authorities = authoritiesAt(start, days, []);
  let certificate = issueServingCertificate(authorities.signer, { names, days, now: start });
  let renewAt = renewalTime(certificate);

  function renewWhenDue(): void {
    const now = new Date();
    if (now < renewAt) return;
    authorities = authoritiesAt(now, days, authorities.trusted);
    certificate = issueServingCertificate(authorities.signer, { names, days, now });
    renewAt = renewalTime(certificate);
    events.emit('change', certificate);
  }
  const timer = setInterval(renewWhenDue, lookMilliseconds).unref();

  return sourceOf(
    events,
    () => ({ certificate, caBundle: authorities.trusted.map(({ cert }) => cert).join('') }),
    () => clearInterval(timer),
  );
}

interface Authorities {
  /** What a client must trust, oldest first. */
  readonly trusted: readonly Certificate[];
  readonly signer: Certificate;
}

/** The oldest authority that outlives a new leaf signs, as clients have known it longest. A successor is made
 *  while that one is still good for the next leaf too. */
function authoritiesAt(now: Date, days: number, known: readonly Certificate[]): Authorities {
  const alive = known.filter((authority) => lasts(authority, 0, now));
  const newest =
    alive.find((authority) => lasts(authority, 2 * days, now)) ?? createCertificateAuthority(now);
  return {
    trusted: alive.includes(newest) ? alive : [...alive, newest],
    signer: alive.find((authority) => lasts(authority, days, now)) ?? newest,
  };
}

function lasts(authority: Certificate, days: number, now: Date): boolean {
  return authority.notAfter.getTime() > now.getTime() + days * dayMilliseconds;
}

function requireDays(days: number): void {
  if (days >= 1 && days <= mostDays) return;
  throw new CertificateError({
    where: 'days of the serving certificate',
    expected: `a number from 1 to ${mostDays}`,
    found: String(days),
  });
}
