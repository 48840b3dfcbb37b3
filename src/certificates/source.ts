import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createSecureContext } from 'node:tls';
import { CertificateError, messageOf } from '../errors.js';

/** A certificate with its private key, both PEM. */
export interface Certificate {
  /** The certificate, then the intermediate ones if there are any. */
  readonly cert: string;
  readonly key: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, as `X509Certificate.fingerprint256` writes it. */
  readonly fingerprint: string;
}

/** Where the serving certificate comes from. */
export interface CertificateSource {
  /** The last good one. */
  current(): Certificate;
  /** PEM of what a client must trust, where the source knows it. It may differ after each change. */
  readonly caBundle: string | undefined;
  /** Calls the listener whenever `current()` or `caBundle` has become another, and when a failure is over. */
  onChange(listener: (certificate: Certificate) => void): void;
  /** Calls the listener when a reload failed; the last good pair goes on serving. */
  onError(listener: (error: CertificateError) => void): void;
  close(): void;
}

/** What a source has at one moment. */
export interface Served<Bundle extends string | undefined = string | undefined> {
  readonly certificate: Certificate;
  readonly caBundle: Bundle;
}

/** Events behind `onChange` and `onError`. An event called `error` would throw where nobody listens. */
export interface SourceEvents {
  change: [Certificate];
  failure: [CertificateError];
}

/** A source that gives what `served` gives and passes on the events; `stop` ends whatever keeps it up to date. */
export function sourceOf<Bundle extends string | undefined>(
  events: EventEmitter<SourceEvents>,
  served: () => Served<Bundle>,
  stop: () => void,
): CertificateSource & { readonly caBundle: Bundle } {
  return {
    current: () => served().certificate,
    get caBundle() {
      return served().caBundle;
    },
    onChange: (listener) => void events.on('change', listener),
    onError: (listener) => void events.on('failure', listener),
    close() {
      stop();
      events.removeAllListeners();
    },
  };
}

/** Keys of a Secret of type kubernetes.io/tls, and so the names of the files when it is mounted. */
export const pairFiles = { cert: 'tls.crt', key: 'tls.key' } as const;

/** The pair, known to be usable by a TLS server. An expired certificate passes: to serve it is better than not
 *  to serve, and `notAfter` tells. `where` names what holds the two, `files` each of them.
 *  @throws CertificateError when either cannot be parsed, they do not belong together or TLS refuses them */
export function checkPair(
  cert: string,
  key: string,
  where: string,
  files: { readonly cert: string; readonly key: string } = pairFiles,
): Certificate {
  const certificate = parseCertificate(cert, `${where}/${files.cert}`);
  const privateKey = parseKey(key, `${where}/${files.key}`);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError({
      where: `${where}/${files.key}`,
      expected: `the private key of the first certificate in ${files.cert} (${certificate.fingerprint256})`,
      found: 'the key of another certificate',
      advice: `replace both files together; in ${files.cert} the server's certificate comes before its issuers`,
    });
  }
  requireUsable(cert, key, `${where}/${files.cert}`);
  return {
    cert,
    key,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  };
}

/** Why clients refuse a certificate at that time, if they do. */
export function untimely(
  { notBefore, notAfter }: Certificate,
  now: Date,
): 'expired' | 'not yet valid' | undefined {
  if (notAfter <= now) return 'expired';
  return notBefore > now ? 'not yet valid' : undefined;
}

/** The first certificate of a PEM text; `where` names the file.
 *  @throws CertificateError when there is none that can be parsed */
export function parseCertificate(pem: string, where: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    const complaint = { where, expected: 'a certificate in PEM form', found: describePem(pem) };
    throw new CertificateError(complaint, undefined, { cause });
  }
}

function parseKey(pem: string, where: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const expected = 'a private key in PEM form without a passphrase';
    throw new CertificateError({ where, expected, found: describePem(pem) }, undefined, { cause });
  }
}

/** Asks TLS itself, which also reads the issuers and may find a key too short or a digest too weak. */
function requireUsable(cert: string, key: string, where: string): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const complaint = {
      where,
      expected: 'a certificate chain and key that TLS accepts',
      found: messageOf(cause),
      advice: 'issue the certificate anew, with a P-256 or RSA-2048 key at least, and check its issuers',
    };
    throw new CertificateError(complaint, undefined, { cause });
  }
}

/** What a text holds, by the labels of its PEM blocks: nothing of a key may come into a message. */
function describePem(text: string): string {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map((match) => match[1] ?? '');
  if (labels.length > 0) return `${labels.join(', ')} that cannot be used`;
  return text.trim() === '' ? 'an empty text' : `${Buffer.byteLength(text)} bytes without a PEM block`;
}
