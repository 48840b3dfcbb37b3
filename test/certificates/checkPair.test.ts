import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { checkPair } from '../../src/certificates/source.js';

const now = new Date('2026-11-23T00:00:00Z');
const authority = createCertificateAuthority(now);
const issue = () => issueServingCertificate(authority, { names: ['a.test'], days: 30, now });

const encryptedKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey;

describe('checkPair', () => {
  it('gives its times and the fingerprint', () => {
    const { cert, key, fingerprint } = issue();
    expect(checkPair(cert, key, 'tls')).toEqual({
      cert,
      key,
      notBefore: new Date('2026-11-22T23:55:00Z'),
      notAfter: new Date('2026-12-23T00:00:00Z'),
      fingerprint,
    });
  });

  it('lets an expired pair pass', () => {
    const old = new Date('2020-01-01T00:00:00Z');
    const expired = issueServingCertificate(createCertificateAuthority(old), {
      names: ['a.test'],
      days: 1,
      now: old,
    });
    expect(checkPair(expired.cert, expired.key, 'tls').notAfter).toEqual(new Date('2020-01-02T00:00:00Z'));
  });

  it('takes a chain, the server first', () => {
    const { cert, key, fingerprint } = issue();
    expect(checkPair(cert + authority.cert, key, 'tls').fingerprint).toBe(fingerprint);
    expect(() => checkPair(authority.cert + cert, key, 'tls')).toThrow(
      /the server's certificate comes before/,
    );
  });

  it('says which certificate the key does not belong to', () => {
    const { cert, fingerprint } = issue();
    expect(() => checkPair(cert, issue().key, 'tls')).toThrow(
      `tls/tls.key: expected the private key of the first certificate in tls.crt (${fingerprint}), ` +
        'found the key of another certificate; replace both files together',
    );
  });

  it.each([
    ['', 'an empty text'],
    ['plain text', '10 bytes without a PEM block'],
    [issue().key, 'PRIVATE KEY that cannot be used'],
  ])('says what stands in place of the certificate (%#)', (text, found) => {
    expect(() => checkPair(text, issue().key, 'tls')).toThrow(
      `tls/tls.crt: expected a certificate in PEM form, found ${found}`,
    );
  });

  it.each([
    [issue().cert, 'CERTIFICATE that cannot be used'],
    [encryptedKey, 'ENCRYPTED PRIVATE KEY that cannot be used'],
  ])('says what stands in place of the key (%#)', (text, found) => {
    expect(() => checkPair(issue().cert, text, 'tls')).toThrow(
      `tls/tls.key: expected a private key in PEM form without a passphrase, found ${found}`,
    );
  });

  it('refuses a chain that TLS cannot read', () => {
    const { cert, key } = issue();
    const broken = `${cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
    expect(() => checkPair(broken, key, 'tls')).toThrow(
      /^tls\/tls.crt: expected a certificate chain and key/,
    );
  });
});
