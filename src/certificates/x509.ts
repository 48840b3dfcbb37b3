import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  contextConstructed,
  contextPrimitive,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from './der.js';
import { generalNames } from './subjectNames.js';

/** What a certificate states (RFC 5280, 4.1.2); the encoded parts come from the functions below. */
export interface CertificateContent {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

/** Attributes of a distinguished name (RFC 4519). */
const attributes = { commonName: '2.5.4.3', organization: '2.5.4.10' } as const;

/** Extensions (RFC 5280, 4.2.1) and the one extended purpose that is used. */
const extensions = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const;
const serverAuth = '1.3.6.1.5.5.7.3.1';

/** ecdsa-with-SHA256 (RFC 5758, 3.2): no parameters. */
const signatureAlgorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** PEM of the certificate, signed with an elliptic-curve key. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const toBeSigned = sequence(
    contextConstructed(0, unsignedInteger(Uint8Array.of(2))), // version 3
    unsignedInteger(randomSerial()),
    signatureAlgorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    publicKeyDer(content.publicKey),
    contextConstructed(3, sequence(...content.extensions)),
  );
  const signature = bitString(sign('sha256', toBeSigned, issuerKey));
  return new X509Certificate(sequence(toBeSigned, signatureAlgorithm, signature)).toString();
}

/** Distinguished name of one attribute. */
export function distinguishedName(attribute: keyof typeof attributes, value: string): Buffer {
  return sequence(setOfOne(sequence(objectIdentifier(attributes[attribute]), utf8String(value))));
}

/** Extensions of an authority that signs servers' certificates but no further authority. */
export function authorityExtensions(publicKey: KeyObject): Buffer[] {
  const keyCertSignAndCrlSign = bitString(Uint8Array.of(0b0000_0110), 1);
  return [
    extension('basicConstraints', sequence(booleanTrue(), unsignedInteger(Uint8Array.of(0))), 'critical'),
    extension('keyUsage', keyCertSignAndCrlSign, 'critical'),
    extension('subjectKeyIdentifier', octetString(keyIdentifier(publicKey))),
  ];
}

/** Extensions of a server's certificate.
 *  @throws CertificateError when a name is neither a DNS name nor an IP address */
export function servingExtensions(
  names: readonly string[],
  publicKey: KeyObject,
  issuerPublicKey: KeyObject,
): Buffer[] {
  const digitalSignature = bitString(Uint8Array.of(0b1000_0000), 7);
  return [
    extension('basicConstraints', sequence(), 'critical'),
    extension('keyUsage', digitalSignature, 'critical'),
    extension('extKeyUsage', sequence(objectIdentifier(serverAuth))),
    extension('subjectAltName', generalNames(names)),
    extension('subjectKeyIdentifier', octetString(keyIdentifier(publicKey))),
    extension('authorityKeyIdentifier', sequence(contextPrimitive(0, keyIdentifier(issuerPublicKey)))),
  ];
}

function extension(name: keyof typeof extensions, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [booleanTrue()];
  return sequence(objectIdentifier(extensions[name]), ...flag, octetString(value));
}

/** Hash of the whole public key (RFC 7093, 2, method 4): SHA-1, the older way, is missing where FIPS rules. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(publicKeyDer(publicKey)).digest();
}

function publicKeyDer(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** 16 bytes whose first lies in 0x40…0x7f: always positive, and always 16 long. */
function randomSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}
