import { EventEmitter } from 'node:events';
import { CertificateError } from '../errors.js';
import { bundleOf, signerOf, withSuccessor } from './authorities.js';
import { authorityDays, certificateDays, isRenewalDue, issueServingCertificate } from './authority.js';
import { type CertificateSource, type SourceEvents, sourceOf } from './source.js';

/** Whom the certificate is for, and for how long. */
export interface SelfSignedOptions {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Life of a serving certificate, 1 to 91 days; 30 if left out. */
  readonly days?: number;
  /** When the first certificate's life starts; the clock's time if left out. */
  readonly now?: Date;
}

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
  const { names, days = certificateDays, now: start = new Date() } = options;
  requireDays(days);
  const lifetimes = { authorityDays, certificateDays: days };
  const events = new EventEmitter<SourceEvents>();
  let authorities = withSuccessor([], lifetimes, start);
  const issue = (now: Date) =>
    issueServingCertificate(signerOf(authorities, lifetimes, now), { names, days, now });
  let certificate = issue(start);

  function renewWhenDue(): void {
    const now = new Date();
    if (!isRenewalDue(certificate, now)) return;
    authorities = withSuccessor(authorities, lifetimes, now);
    certificate = issue(now);
    events.emit('change', certificate);
  }
  const timer = setInterval(renewWhenDue, lookMilliseconds).unref();

  return sourceOf(
    events,
    () => ({ certificate, caBundle: bundleOf(authorities) }),
    () => clearInterval(timer),
  );
}

function requireDays(days: number): void {
  if (days >= 1 && days <= mostDays) return;
  throw new CertificateError({
    where: 'days of the serving certificate',
    expected: `a number from 1 to ${mostDays}`,
    found: String(days),
  });
}
