import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority, dayMilliseconds } from '../../src/certificates/authority.js';
import { keepAuthorities } from '../../src/certificates/keptAuthorities.js';
import type { Certificate, CertificateSource } from '../../src/certificates/source.js';
import type { CertificateError } from '../../src/errors.js';
import { Replicas } from './replicas.js';

const running: Replicas[] = [];
afterEach(() => running.splice(0).forEach((replicas) => replicas.close()));

function replicasOf(...args: ConstructorParameters<typeof Replicas>): Replicas {
  const replicas = new Replicas(...args);
  running.push(replicas);
  return replicas;
}

const countOf = (bundle: string | undefined) => bundle?.split('-----BEGIN').slice(1).length;
const minute = 60_000;

function eventsOf(source: CertificateSource) {
  const events = { changes: [] as Certificate[], errors: [] as CertificateError[] };
  source.onChange((certificate) => events.changes.push(certificate));
  source.onError((error) => events.errors.push(error));
  return events;
}

describe('replicas that begin with nothing', () => {
  it('serve at once, and share an authority that is then trusted', async () => {
    const replicas = replicasOf();
    const replica = replicas.start();
    expect(replica.current().notAfter > replicas.now).toBe(true);
    expect(replica.isShared()).toBe(false);
    await replicas.settle();
    expect(replica.isShared()).toBe(true);
    expect(replica.isTrusted()).toBe(true);
    expect(replicas.store.texts['ca.crt']).toBe(replica.caBundle);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    expect(replica.authorityEnd()).toEqual(new Date(replicas.now.getTime() + 365 * dayMilliseconds));
  });

  it('end with one authority, whichever of them was first', async () => {
    const replicas = replicasOf();
    const all = [true, false, false].map((leads) => replicas.start({ isLeading: () => leads }));
    await replicas.settle();
    expect(new Set(all.map(({ caBundle }) => caBundle)).size).toBe(1);
    expect(countOf(all[0]?.caBundle)).toBe(1);
    expect(replicas.store.writes).toBe(1);
    for (const replica of all) expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    expect(new Set(all.map((replica) => replica.current().fingerprint)).size).toBe(3);
  });

  it('wait for one that leads to have it trusted, and need no leader to share it', async () => {
    const replicas = replicasOf();
    let leads = false;
    const replica = replicas.start({ isLeading: () => leads });
    await replicas.settle();
    expect([replica.isShared(), replica.isTrusted()]).toEqual([true, false]);
    leads = true;
    replica.look();
    await replicas.settle();
    expect([replica.isShared(), replica.isTrusted()]).toEqual([true, true]);
  });

  it('say that nothing is shared while the store cannot be written, and try again', async () => {
    const replicas = replicasOf();
    replicas.store.fault.write = new Error('forbidden');
    const replica = replicas.start();
    await replicas.settle();
    expect(replica.isShared()).toBe(false);
    expect(replicas.registration.caBundle).toBe('');
    expect(replicas.failures).toEqual([['secret', 'forbidden']]);
    replicas.store.fault = {};
    await replicas.advance(5000);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
  });

  it('give up for now where others are faster each time', async () => {
    const replicas = replicasOf();
    replicas.store.write = async () => false;
    replicas.start();
    await replicas.settle();
    expect(replicas.failures).toEqual([
      ['secret', expect.stringMatching(/^Secret system\/podtemper: .* within 10 attempts, found others/)],
    ]);
  });
});

describe('what is shared', () => {
  it.each([
    ['nothing', {}],
    ['garbage', { 'ca.crt': 'garbage', 'ca.key': '\0' }],
    ['a certificate without its key', { 'ca.crt': createCertificateAuthority(new Date()).cert }],
  ])('is put back by those that know it: found %s', async (_what, texts) => {
    const replicas = replicasOf();
    const [leader, other] = [true, false].map((leads) => replicas.start({ isLeading: () => leads }));
    await replicas.settle();
    const before = replicas.store.texts;
    const served = [leader, other].map((replica) => replica?.current().fingerprint);
    replicas.store.put(texts);
    other?.look();
    await replicas.settle();
    expect(replicas.store.texts).toEqual(before);
    await replicas.advance(minute);
    expect(replicas.store.texts).toEqual(before);
    expect([leader, other].map((replica) => replica?.current().fingerprint)).toEqual(served);
    expect(replicas.registration.caBundle).toBe(before['ca.crt']);
  });

  it('tells what was broken, once', async () => {
    const replicas = replicasOf();
    const replica = replicas.start();
    await replicas.settle();
    const { errors } = eventsOf(replica);
    replicas.store.put({ 'ca.crt': 'garbage' });
    await replicas.advance(minute);
    await replicas.advance(minute);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Secret system\/podtemper: expected 1 to 8 certificates in ca\.crt/),
    ]);
  });

  it('may get another authority: the one in use stays trusted beside it', async () => {
    const replicas = replicasOf();
    const replica = replicas.start();
    await replicas.settle();
    const { changes } = eventsOf(replica);
    const another = createCertificateAuthority(replicas.now, 100);
    replicas.store.put(keepAuthorities([another]));
    await replicas.advance(minute);
    expect(countOf(replicas.store.texts['ca.crt'])).toBe(2);
    expect(replicas.registration.caBundle).toContain(another.cert);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    expect(changes).toEqual([replica.current()]);
  });

  it('is used as it is where it cannot be written', async () => {
    const replicas = replicasOf();
    const first = replicas.start();
    await replicas.settle();
    first.close();
    await replicas.advance(250 * dayMilliseconds); // a successor is due
    replicas.store.fault.write = new Error('forbidden');
    const second = replicas.start();
    await replicas.settle();
    expect(second.isShared()).toBe(true);
    expect(countOf(second.caBundle)).toBe(1);
    expect(replicas.registration.trusts(second, replicas.now)).toBe(true);
    expect(replicas.failures).toContainEqual(['secret', 'forbidden']);
  });
});

describe('a replica that is cut off from the API server', () => {
  it('renews its certificate while it waits for an answer', async () => {
    const replicas = replicasOf();
    const replica = replicas.start();
    await replicas.settle();
    const { fingerprint } = replica.current();
    replicas.store.read = () => new Promise(() => undefined);
    await replicas.advance(minute);
    await replicas.advance(21 * dayMilliseconds);
    expect(replica.current().fingerprint).not.toBe(fingerprint);
  });

  it('renews its certificate all the same, for as long as the authority lasts', async () => {
    const replicas = replicasOf();
    const replica = replicas.start();
    await replicas.settle();
    const { changes } = eventsOf(replica);
    replicas.store.fault.read = new Error('ECONNREFUSED');
    for (let day = 0; day < 330; day += 1) {
      await replicas.advance(dayMilliseconds);
      expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    }
    expect(changes.length).toBeGreaterThan(10);
    expect(replicas.failures.length).toBeGreaterThan(300);
  });

  it('serves the last certificate when all has expired, and heals when the API server is back', async () => {
    const replicas = replicasOf({ authorityDays: 4, certificateDays: 1 });
    const replica = replicas.start();
    await replicas.settle();
    replicas.store.fault.read = new Error('ECONNREFUSED');
    for (let day = 0; day < 5; day += 0.5) await replicas.advance(0.5 * dayMilliseconds);
    expect(replica.current().notAfter < replicas.now).toBe(true);
    replicas.store.fault = {};
    await replicas.advance(minute);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
  });
});

describe('trust', () => {
  it('is put right by the one that leads, whoever changed it', async () => {
    const replicas = replicasOf();
    const [leader] = [true, false].map((leads) => replicas.start({ isLeading: () => leads }));
    await replicas.settle();
    replicas.registration.caBundle = '';
    await replicas.advance(minute);
    expect(replicas.registration.caBundle).toBe(leader?.caBundle);
  });

  it('is waited for by the others once, and not given up later', async () => {
    const replicas = replicasOf();
    const other = replicas.start({ isLeading: () => false });
    await replicas.settle();
    expect(other.isTrusted()).toBe(false);
    replicas.registration.caBundle = other.caBundle;
    await replicas.advance(minute);
    expect(other.isTrusted()).toBe(true);
    replicas.registration.caBundle = '';
    await replicas.advance(minute);
    expect(other.isTrusted()).toBe(true);
  });

  it('is known before a new authority signs: the old one does as long as it lasts', async () => {
    const replicas = replicasOf({ authorityDays: 40, certificateDays: 10 });
    const replica = replicas.start();
    await replicas.settle();
    const forbidden = new Error('forbidden');
    replicas.registration.writeFault = forbidden;
    for (let hour = 0; hour < 39 * 24; hour += 6) {
      await replicas.advance(6 * 60 * minute);
      expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    }
    expect(countOf(replica.caBundle)).toBe(2);
    expect(replicas.failures).toContainEqual(['caBundle', 'forbidden']);
    replicas.registration.writeFault = undefined;
    for (let hour = 0; hour < 10 * 24; hour += 6) {
      await replicas.advance(6 * 60 * minute);
      expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    }
  });

  it('that cannot be known is not taken for missing', async () => {
    const replicas = replicasOf();
    replicas.registration.fault = new Error('forbidden');
    const replica = replicas.start();
    await replicas.settle();
    expect([replica.isShared(), replica.isTrusted()]).toEqual([true, true]);
    expect(replicas.failures).toEqual([['caBundle', 'forbidden']]);
  });
});

describe('a clock that was ahead', () => {
  const nineHours = 9 * 60 * minute;

  it('is made up for once it has been put right: authority and certificates are replaced', async () => {
    const replicas = replicasOf();
    replicas.ahead = nineHours;
    const all = [true, false].map((leads) => replicas.start({ isLeading: () => leads }));
    await replicas.settle();
    replicas.ahead = 0;
    for (const replica of all) expect(replicas.registration.trusts(replica, replicas.now)).toBe(false);
    for (let minutes = 0; minutes < 3; minutes += 1) await replicas.advance(minute);
    const served = all.map((replica) => replica.current());
    for (const replica of all) expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    expect(countOf(replicas.store.texts['ca.crt'])).toBe(2);
    for (let hour = 0; hour < 12; hour += 1) await replicas.advance(60 * minute);
    expect(countOf(replicas.store.texts['ca.crt'])).toBe(2);
    expect(all.map((replica) => replica.current())).toEqual(served);
  });

  it('is made up for by the certificate alone where the authority is older', async () => {
    const replicas = replicasOf();
    const before = replicas.start();
    await replicas.settle();
    before.close();
    await replicas.advance(dayMilliseconds);
    replicas.ahead = nineHours;
    const replica = replicas.start();
    await replicas.settle();
    replicas.ahead = 0;
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(false);
    await replicas.advance(minute);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    expect(replicas.store.texts['ca.crt']).toBe(before.caBundle);
  });

  it('leaves the certificate as it is while there is no authority that has begun', async () => {
    const replicas = replicasOf();
    replicas.ahead = nineHours;
    const replica = replicas.start();
    await replicas.settle();
    const { changes } = eventsOf(replica);
    replicas.ahead = 0;
    replicas.store.fault.read = new Error('ECONNREFUSED');
    for (let minutes = 0; minutes < 10; minutes += 1) await replicas.advance(minute);
    expect(changes).toEqual([]);
    await replicas.advance(nineHours);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
  });

  it('by four minutes of one of two replicas is nothing that they fight about', async () => {
    const replicas = replicasOf();
    let leader = 0;
    const all = [4 * minute, 0].map((skew, at) =>
      replicas.start({ skew, isLeading: () => leader % 2 === at }),
    );
    await replicas.settle();
    const { writes } = replicas.store;
    const served = all.map((replica) => replica.current());
    for (; leader < 10; leader += 1) await replicas.advance(minute);
    expect(replicas.store.writes).toBe(writes);
    expect(all.map((replica) => replica.current())).toEqual(served);
    for (const replica of all) expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
  });
});

describe('rotation', () => {
  it('never leaves a replica untrusted, with clocks apart and a lead that changes hands', async () => {
    const replicas = replicasOf({ authorityDays: 8, certificateDays: 1 });
    let leader = 0;
    const skews = [-4 * minute, 0, 4 * minute]; // less than certificates are dated back by
    const all = skews.map((skew, at) => replicas.start({ skew, isLeading: () => leader === at }));
    await replicas.settle();
    const bundles = new Set([replicas.registration.caBundle]);
    for (let hour = 0; hour < 20 * 24; hour += 3) {
      await replicas.advance(3 * 60 * minute);
      if (hour % 50 === 0) leader = (leader + 1) % all.length;
      bundles.add(replicas.registration.caBundle);
      for (const replica of all) expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
      expect(countOf(replicas.registration.caBundle)).toBeLessThanOrEqual(2);
    }
    expect(bundles.size).toBeGreaterThan(5); // each generation: alone, and beside the next
    expect(replicas.failures).toEqual([]);
  }, 30_000);

  it('goes on where the life of authorities was cut short: the successor signs, and is the only one', async () => {
    const replicas = replicasOf();
    const before = replicas.start();
    await replicas.settle();
    const old = before.caBundle;
    before.close();
    await replicas.advance(250 * dayMilliseconds);
    const replica = replicas.start({ lifetimes: { authorityDays: 90, certificateDays: 22 } });
    for (let hour = 0; hour < 20 * 24; hour += 1) await replicas.advance(60 * minute);
    expect(countOf(replicas.store.texts['ca.crt'])).toBe(2);
    expect(replicas.store.texts['ca.crt']).toContain(old);
    expect(replicas.registration.trusts(replica, replicas.now)).toBe(true);
    const leaf = new X509Certificate(replica.current().cert);
    expect(leaf.verify(new X509Certificate(old).publicKey)).toBe(false);
    expect(replicas.failures).toEqual([]);
  });
});
