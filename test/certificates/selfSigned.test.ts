import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  createCertificateAuthority,
  dayMilliseconds,
  issueServingCertificate,
} from '../../src/certificates/authority.js';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import type { Certificate } from '../../src/certificates/source.js';
import { startTlsServer } from './tlsServer.js';

const names = ['podtemper.system.svc', '*.example.test', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.1'];
const now = new Date('2026-11-23T03:18:07.123Z');

const parse = ({ cert }: Pick<Certificate, 'cert'>): X509Certificate => new X509Certificate(cert);
const split = (bundle: string): string[] => bundle.split(/(?<=-----END CERTIFICATE-----\n)/);

describe('a self-signed certificate', () => {
  const source = createSelfSigned({ names, now });
  const authority = new X509Certificate(source.caBundle);
  const leaf = parse(source.current());
  source.close();

  it('is issued by its authority', () => {
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });

  it('names hosts in the SAN only', () => {
    expect(leaf.subjectAltName).toBe(
      'DNS:podtemper.system.svc, DNS:*.example.test, IP Address:10.0.0.1, ' +
        'IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:FFFF:C000:201',
    );
    expect(leaf.subject).toBe('O=podtemper');
    expect(leaf.checkHost('podtemper.system.svc')).toBe('podtemper.system.svc');
    expect(leaf.checkHost('any.example.test')).toBe('*.example.test');
    expect(leaf.checkHost('podtemper')).toBeUndefined();
    expect(leaf.checkIP('10.0.0.1')).toBe('10.0.0.1');
    expect(leaf.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(leaf.checkIP('10.0.0.2')).toBeUndefined();
  });

  it('is for servers, from five minutes ago for 30 days; the authority for a year', () => {
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(new Date(leaf.validFrom)).toEqual(new Date('2026-11-23T03:13:07Z'));
    expect(new Date(leaf.validTo)).toEqual(new Date('2026-12-23T03:18:07Z'));
    expect(new Date(authority.validTo)).toEqual(new Date('2027-11-23T03:18:07Z'));
    expect(source.current().notAfter).toEqual(new Date(leaf.validTo));
  });

  it('has a positive serial number of 16 bytes, new each time', () => {
    const serials = Array.from({ length: 20 }, () => parse(createCertificateAuthority(now)).serialNumber);
    expect(serials.filter((serial) => /^[4-7][0-9A-F]{31}$/.test(serial))).toHaveLength(20);
    expect(new Set(serials).size).toBe(20);
  });

  it.each([
    [[], 'none'],
    [['a b'], '"a b"'],
    [['https://a.test'], '"https://a.test"'],
    [['a.test.'], '"a.test."'],
    [['10.0.0.256'], '"10.0.0.256"'],
    [['fe80::1%eth0'], '"fe80::1%eth0"'],
    [['bücher.test'], '"bücher.test"'],
    [[''], '""'],
  ])('is not made for the names %j', (wrong, found) => {
    expect(() => createSelfSigned({ names: wrong })).toThrow(
      `names of the serving certificate: expected DNS names or IP addresses, found ${found}; give each name`,
    );
  });

  it.each([0, 92, Number.NaN])('is not made for %d days', (days) => {
    expect(() => createSelfSigned({ names, days })).toThrow(`expected a number from 1 to 91, found ${days}`);
  });
});

describe('a TLS handshake', () => {
  it('verifies with caBundle, by name and by address', async () => {
    const source = createSelfSigned({ names: ['podtemper.system.svc', '127.0.0.1'] });
    const server = await startTlsServer(source.current());
    try {
      const ca = source.caBundle;
      const { fingerprint } = source.current();
      expect(await server.fingerprint({ ca, servername: 'podtemper.system.svc' })).toBe(fingerprint);
      expect(await server.fingerprint({ ca })).toBe(fingerprint);
      await expect(server.fingerprint({ ca, servername: 'other.svc' })).rejects.toThrow(/altnames/);
      await expect(server.fingerprint({})).rejects.toThrow(/unable to verify/);
    } finally {
      server.close();
      source.close();
    }
  });

  it('verifies with a bundle of two authorities of the same name, whichever issued', async () => {
    const start = new Date();
    const authorities = [createCertificateAuthority(start), createCertificateAuthority(start)];
    const ca = authorities.map(({ cert }) => cert).join('');
    for (const authority of authorities) {
      const leaf = issueServingCertificate(authority, { names: ['127.0.0.1'], days: 1, now: start });
      const server = await startTlsServer(leaf);
      try {
        expect(await server.fingerprint({ ca })).toBe(leaf.fingerprint);
      } finally {
        server.close();
      }
    }
  });
});

describe('renewal', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('comes after two thirds of the life', () => {
    jest.useFakeTimers({ now });
    const source = createSelfSigned({ names, days: 30 });
    const renewed: Certificate[] = [];
    source.onChange((certificate) => renewed.push(certificate));
    const first = source.current();
    jest.advanceTimersByTime(19.9 * dayMilliseconds);
    expect(source.current()).toBe(first);
    jest.advanceTimersByTime(0.2 * dayMilliseconds);
    expect(renewed).toEqual([source.current()]);
    expect(source.current().fingerprint).not.toBe(first.fingerprint);
    expect(parse(source.current()).verify(new X509Certificate(source.caBundle).publicKey)).toBe(true);
    source.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes where the clock was ahead, and so does another authority', () => {
    jest.useFakeTimers({ now: now.getTime() + 9 * 60 * 60_000 });
    const source = createSelfSigned({ names });
    const known = source.caBundle;
    jest.setSystemTime(now);
    jest.advanceTimersByTime(60 * 60_000);
    const leaf = parse(source.current());
    const [signer = '', ...others] = split(source.caBundle);
    expect(others).toEqual([known]);
    expect(leaf.verify(new X509Certificate(signer).publicKey)).toBe(true);
    for (const { validFrom } of [leaf, new X509Certificate(signer)])
      expect(new Date(validFrom).getTime()).toBeLessThan(Date.now());
    source.close();
  });

  it.each([30, 91])('of %d days outlives authorities, and clients knew each before it signed', (days) => {
    jest.useFakeTimers({ now });
    const source = createSelfSigned({ names, days });
    let known = split(source.caBundle);
    const seen = new Set(known);
    source.onChange((certificate) => {
      const leaf = parse(certificate);
      expect(known.some((ca) => leaf.verify(new X509Certificate(ca).publicKey))).toBe(true);
      expect(certificate.notAfter.getTime()).toBeGreaterThan(Date.now() + (days - 1) * dayMilliseconds);
      known = split(source.caBundle);
      expect(known.length).toBeLessThanOrEqual(2);
      known.forEach((ca) => seen.add(ca));
    });
    for (let day = 0; day < 800; day += 1) {
      jest.advanceTimersByTime(dayMilliseconds);
      expect(source.current().notAfter.getTime()).toBeGreaterThan(Date.now());
    }
    expect(seen.size).toBeGreaterThanOrEqual(3);
    source.close();
  });
});

describe('issueServingCertificate', () => {
  it('does not outlive the authority', () => {
    const authority = createCertificateAuthority(now, 10);
    const leaf = issueServingCertificate(authority, { names, days: 30, now });
    expect(leaf.notAfter).toEqual(authority.notAfter);
  });

  it('does not begin before the authority', () => {
    const authority = createCertificateAuthority(new Date(now.getTime() + dayMilliseconds));
    const leaf = issueServingCertificate(authority, { names, days: 30, now });
    expect(parse(leaf).validFrom).toBe(parse(authority).validFrom);
  });

  it('refuses an authority that is not one', () => {
    const authority = createCertificateAuthority(now);
    const leaf = issueServingCertificate(authority, { names, days: 30, now });
    expect(() => issueServingCertificate(leaf, { names, days: 30, now })).toThrow(
      /^certificate authority: expected an authority that podtemper made, with its own key, found O=podtemper/,
    );
    const mixed = { ...authority, key: createCertificateAuthority(now).key };
    expect(() => issueServingCertificate(mixed, { names, days: 30, now })).toThrow(/with its own key/);
  });
});
