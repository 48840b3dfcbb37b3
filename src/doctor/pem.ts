import { X509Certificate } from 'node:crypto';

/** The certificates of a PEM text; undefined where one of them cannot be parsed. */
export function certificatesOf(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** Whether one of the authorities vouches for the certificate, straight or by what was sent along. */
export function isVouchedFor(
  [certificate, ...others]: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  if (certificate === undefined) return false;
  if (authorities.some((authority) => hasIssued(authority, certificate))) return true;
  const issuer = others.find((other) => hasIssued(other, certificate));
  return (
    issuer !== undefined && isVouchedFor([issuer, ...others.filter((other) => other !== issuer)], authorities)
  );
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  // A certificate that the caBundle holds itself is trusted as well.
  if (issuer.fingerprint256 === certificate.fingerprint256) return true;
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** When a certificate begins and ends. */
export function lifeOf({ validFrom, validTo }: X509Certificate): { readonly from: Date; readonly to: Date } {
  return { from: new Date(validFrom), to: new Date(validTo) };
}

/** What is renewed after two thirds of its life has less than this part left only where that has failed for long. */
const leastLeft = 1 / 4;

/** Whether a certificate should have been renewed long ago. */
export function isRenewalOverdue(certificate: X509Certificate, now: Date): boolean {
  const { from, to } = lifeOf(certificate);
  return to.getTime() - now.getTime() < leastLeft * (to.getTime() - from.getTime());
}

/** `2027-01-31 12:00 UTC`. */
export function spellTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
