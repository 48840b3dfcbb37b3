import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aliveAt, bundleOf, signerOf, withSuccessor } from '../../src/certificates/authorities.js';
import {
  createCertificateAuthority,
  dayMilliseconds,
  issueServingCertificate,
  renewalTime,
} from '../../src/certificates/authority.js';
import type { Certificate } from '../../src/certificates/source.js';

const start = new Date('2026-11-23T00:00:00Z');
const after = (days: number) => new Date(start.getTime() + days * dayMilliseconds);
const lifetimes = { authorityDays: 365, certificateDays: 30 };
const names = ['podtemper.system.svc'];

describe('authorities', () => {
  it('begin with one', () => {
    const [first, ...others] = withSuccessor([], lifetimes, start);
    expect(others).toEqual([]);
    expect(first?.notAfter).toEqual(after(365));
  });

  it('get a successor after two thirds of the life, which signs when the old one is too near its end', () => {
    const [old] = withSuccessor([], lifetimes, start);
    if (!old) throw new Error('expected an authority');
    expect(withSuccessor([old], lifetimes, after(243))).toEqual([old]);
    const both = withSuccessor([old], lifetimes, after(244));
    expect(both).toHaveLength(2);
    expect(both[0]).toBe(old);
    expect(withSuccessor(both, lifetimes, after(300))).toEqual(both);
    expect(signerOf(both, lifetimes, after(334))).toBe(old);
    expect(signerOf(both, lifetimes, after(336))).toBe(both[1]);
    expect(withSuccessor(both, lifetimes, after(366))).toEqual([both[1]]);
  });

  it('get one earlier where certificates last long', () => {
    const long = { ...lifetimes, certificateDays: 91 };
    const first = withSuccessor([], long, start);
    expect(withSuccessor(first, long, after(182))).toHaveLength(1);
    expect(withSuccessor(first, long, after(184))).toHaveLength(2);
  });

  it('get one successor where lives have become so short that it ends before the old one', () => {
    const shorter = { authorityDays: 90, certificateDays: 22 };
    let authorities = withSuccessor([], lifetimes, start);
    const made = new Set(authorities);
    for (let day = 244; day < 365; day += 1) {
      authorities = withSuccessor(authorities, shorter, after(day));
      for (const authority of authorities) made.add(authority);
      expect(aliveAt(authorities, after(day))).toEqual(authorities);
      expect(signerOf(authorities, shorter, after(day)).notAfter > after(day + 22)).toBe(true);
    }
    const [, ...successors] = made;
    expect(successors.map(({ notAfter }) => notAfter)).toEqual([334, 380, 426].map(after));
    expect(aliveAt(authorities, after(366))).toEqual(successors.slice(1));
  });

  it('get another one beside them that signs, where they were made while a clock was ahead', () => {
    const [ahead] = withSuccessor([], lifetimes, after(9 / 24));
    if (!ahead) throw new Error('expected an authority');
    const both = withSuccessor([ahead], lifetimes, start);
    expect(both).toHaveLength(2);
    expect(both[1]).toBe(ahead);
    expect(withSuccessor(both, lifetimes, start)).toEqual(both);
    expect(signerOf([ahead, ...both], lifetimes, start)).toBe(both[0]);
    expect(signerOf([ahead], lifetimes, start)).toBe(ahead);
  });

  it('are enough for a clock that is four minutes behind', () => {
    const first = withSuccessor([], lifetimes, after(4 / (24 * 60)));
    expect(withSuccessor(first, lifetimes, start)).toEqual(first);
  });

  it('are sorted by their end, and those that have expired are left out', () => {
    const [late, early, over] = [20, 10, 1].map((days) => createCertificateAuthority(start, days));
    if (!late || !early || !over) throw new Error('expected three authorities');
    expect(aliveAt([late, over, early], after(2))).toEqual([early, late]);
    expect(bundleOf([early, late])).toBe(early.cert + late.cert);
  });

  it('sign by the newest where none lasts long enough', () => {
    const ending = [1, 2].map((days) => createCertificateAuthority(start, days));
    expect(signerOf(ending, lifetimes, start)).toBe(ending[1]);
    expect(() => signerOf([], lifetimes, start)).toThrow('there is no authority to sign');
  });
});

describe('three lives of an authority', () => {
  it.each([
    [365, 30],
    [365, 91],
    [1, 0.25],
    [45 / 86_400, 9 / 86_400],
  ])(
    'authorities of %d days, certificates of %d: each was trusted for a while before it signed, and its certificates end before it',
    (authorityDays, certificateDays) => {
      const lives = { authorityDays, certificateDays };
      let trusted = withSuccessor([], lives, start);
      let certificate = issue(trusted, lives, start);
      const trustedSince = new Map(trusted.map(({ fingerprint }) => [fingerprint, -Infinity]));
      let signers = 0;
      for (let day = 0; day < 3 * authorityDays; day += certificateDays / 8) {
        const now = after(day);
        trusted = withSuccessor(trusted, lives, now);
        for (const { fingerprint } of trusted)
          if (!trustedSince.has(fingerprint)) trustedSince.set(fingerprint, day);
        expect(trusted.length).toBeLessThanOrEqual(2);
        expect(isTrusted(certificate, trusted)).toBe(true);
        expect(certificate.notAfter > now).toBe(true);
        if (renewalTime(certificate) > now) continue;
        const signer = signerOf(trusted, lives, now);
        expect(day - (trustedSince.get(signer.fingerprint) ?? day)).toBeGreaterThan(certificateDays / 10);
        certificate = issue(trusted, lives, now);
        signers += 1;
      }
      expect(signers).toBeGreaterThan(10);
      expect(trustedSince.size).toBeGreaterThanOrEqual(4);
    },
  );

  function issue(trusted: readonly Certificate[], lives: typeof lifetimes, now: Date): Certificate {
    const request = { names, days: lives.certificateDays, now };
    return issueServingCertificate(signerOf(trusted, lives, now), request);
  }

  function isTrusted({ cert }: Certificate, trusted: readonly Certificate[]): boolean {
    const leaf = new X509Certificate(cert);
    return trusted.some((authority) => leaf.verify(new X509Certificate(authority.cert).publicKey));
  }
});
