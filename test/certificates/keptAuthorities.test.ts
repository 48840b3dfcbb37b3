import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { keepAuthorities, readAuthorities } from '../../src/certificates/keptAuthorities.js';
import { CertificateError } from '../../src/errors.js';

const now = new Date('2026-11-23T00:00:00Z');
const authorities = [1, 2].map((days) => createCertificateAuthority(now, days));
const [first, second] = authorities;
if (!first || !second) throw new Error('expected two authorities');
const leaf = issueServingCertificate(first, { names: ['a.test'], days: 1, now });
const foreignKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

describe('authorities that are kept as texts', () => {
  it('are read as they were', () => {
    const texts = keepAuthorities(authorities);
    expect(Object.keys(texts)).toEqual(['ca.crt', 'ca.key']);
    expect(texts['ca.crt']).toBe(first.cert + second.cert);
    expect(readAuthorities(texts, 'Secret a/b', now)).toEqual(authorities);
  });

  it('are none where there are no texts', () => {
    expect(readAuthorities({}, 'Secret a/b', now)).toEqual([]);
    expect(readAuthorities({ other: 'text' }, 'Secret a/b', now)).toEqual([]);
  });

  it.each([
    ['empty texts', '', '', /^Secret a\/b: expected 1 to 8 certificates .*, found 0 and 0$/],
    ['noise', 'noise', '\0\xff', /found 0 and 0$/],
    ['no keys', first.cert, undefined, /found 1 and 0$/],
    ['a key too few', first.cert + second.cert, first.key, /found 2 and 1$/],
    ['more than are ever needed', first.cert.repeat(9), first.key.repeat(9), /found 9 and 9$/],
    ['the key of another', first.cert, second.key, /^Secret a\/b\/ca\.key: .*found the key of another/],
    ['keys in another order', first.cert + second.cert, second.key + first.key, /the key of another/],
    ['a foreign key', first.cert, foreignKey, /the key of another/],
    ['a key in the place of a certificate', first.key, first.key, /ca\.crt: .*found PRIVATE KEY that cannot/],
    [
      'a certificate that is cut',
      first.cert.replace(/.{64}\n/, ''),
      first.key,
      /found CERTIFICATE that cannot/,
    ],
    ['no authority', leaf.cert, leaf.key, /expected an authority that podtemper made/],
  ])('are refused: %s', (_what, certs, keys, message) => {
    const texts = { 'ca.crt': certs, ...(keys !== undefined && { 'ca.key': keys }) };
    const attempt = () => readAuthorities(texts, 'Secret a/b', now);
    expect(attempt).toThrow(CertificateError);
    expect(attempt).toThrow(message);
  });

  it('never come into a message', () => {
    for (const texts of [
      { 'ca.crt': first.key, 'ca.key': first.cert },
      { 'ca.crt': first.cert, 'ca.key': second.key },
      { 'ca.crt': first.cert, 'ca.key': first.key.replace('\n', '\nAAAA') },
    ]) {
      let message = '';
      try {
        readAuthorities(texts, 'Secret a/b', now);
      } catch (error) {
        message = String(error) + JSON.stringify(error);
      }
      expect(message).toContain('CertificateError');
      for (const line of `${first.key}${second.key}`.split('\n').filter((text) => text.length > 20)) {
        if (!line.startsWith('-----')) expect(message).not.toContain(line);
      }
    }
  });
});
