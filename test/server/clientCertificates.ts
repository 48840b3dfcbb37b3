import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createCertificateAuthority, dayMilliseconds } from '../../src/certificates/authority.js';
import type { Certificate } from '../../src/certificates/source.js';
import { distinguishedName, signCertificate } from '../../src/certificates/x509.js';

/** A certificate and its key, as a TLS client takes them. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

const issuer = distinguishedName('commonName', 'podtemper CA');

/** A client's certificate of that common name, issued by the authority, good for so many days. */
export function clientCertificate(authority: Certificate, name: string, days = 1): ClientCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const content = {
    issuer,
    subject: distinguishedName('commonName', name),
    publicKey,
    notBefore: new Date(Date.now() - 2 * dayMilliseconds),
    notAfter: new Date(Date.now() + days * dayMilliseconds),
    extensions: [],
  };
  const cert = signCertificate(content, createPrivateKey(authority.key));
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** An authority of callers. */
export const callersAuthority = () => createCertificateAuthority(new Date());
