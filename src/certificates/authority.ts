import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError } from '../errors.js';
import { type Certificate, checkPair } from './source.js';
import { authorityExtensions, distinguishedName, servingExtensions, signCertificate } from './x509.js';

/** How long an authority lasts unless told otherwise, in days. */
export const authorityDays = 365;

/** How long a serving certificate lasts unless told otherwise, in days. */
export const certificateDays = 30;

/** Milliseconds of a day. */
export const dayMilliseconds = 24 * 60 * 60 * 1000;

/** What to certify: the names are DNS names and IP addresses, the life starts at `now`. */
export interface ServingRequest {
  readonly names: readonly string[];
  readonly days: number;
  readonly now: Date;
}

/** Clients' clocks may be behind ours by this much; by less where a life is so short that it would be over. */
const backdatedMilliseconds = 5 * 60 * 1000;
const mostBackdated = 0.1;

const authorityName = distinguishedName('commonName', 'podtemper CA');
/** Without a common name: which host it is for stands in the SAN alone. */
const servingName = distinguishedName('organization', 'podtemper');

/** A new certificate authority (P-256); its `cert` is the caBundle of what it issues. */
export function createCertificateAuthority(now: Date, days = authorityDays): Certificate {
  const { publicKey, privateKey } = createKeys();
  const content = {
    issuer: authorityName,
    subject: authorityName,
    publicKey,
    ...validity(now, days),
    extensions: authorityExtensions(publicKey),
  };
  return checkPair(signCertificate(content, privateKey), pemOf(privateKey), 'new authority');
}

/** A new server certificate (P-256) of the authority, which it neither precedes nor outlives.
 *  @throws CertificateError when a name cannot be certified, or the authority is not one of ours */
export function issueServingCertificate(authority: Certificate, request: ServingRequest): Certificate {
  const issuer = new X509Certificate(authority.cert);
  const { publicKey, privateKey } = createKeys();
  const { notBefore, notAfter } = validity(request.now, request.days);
  const content = {
    issuer: authorityName,
    subject: servingName,
    publicKey,
    notBefore: notBefore > authority.notBefore ? notBefore : authority.notBefore,
    notAfter: notAfter < authority.notAfter ? notAfter : authority.notAfter,
    extensions: servingExtensions(request.names, publicKey, issuer.publicKey),
  };
  const cert = signCertificate(content, createPrivateKey(authority.key));
  requireIssued(new X509Certificate(cert), issuer);
  return checkPair(cert, pemOf(privateKey), 'new serving certificate');
}

/** When to replace a certificate: after two thirds of its life. */
export function renewalTime({ notBefore, notAfter }: Certificate): Date {
  const life = notAfter.getTime() - notBefore.getTime();
  return new Date(notBefore.getTime() + (life * 2) / 3);
}

/** Whether to replace a certificate at that time: also before it begins, as the clock that it was made by was ahead. */
export function isRenewalDue(certificate: Certificate, now: Date): boolean {
  return now < certificate.notBefore || now >= renewalTime(certificate);
}

/** An authority that comes from a Secret may have another name or a key that is not its own. */
function requireIssued(certificate: X509Certificate, issuer: X509Certificate): void {
  if (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)) return;
  throw new CertificateError({
    where: 'certificate authority',
    expected: 'an authority that podtemper made, with its own key',
    found: `${issuer.subject || 'an authority without a name'} (${issuer.fingerprint256})`,
    advice: 'remove it, so that a new one is made',
  });
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const milliseconds = days * dayMilliseconds;
  return {
    notBefore: new Date(now.getTime() - Math.min(backdatedMilliseconds, mostBackdated * milliseconds)),
    notAfter: new Date(now.getTime() + milliseconds),
  };
}

function createKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
