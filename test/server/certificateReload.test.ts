import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createCertificateAuthority,
  dayMilliseconds,
  issueServingCertificate,
} from '../../src/certificates/authority.js';
import type { Certificate } from '../../src/certificates/source.js';
import { type Files, mountSecret } from '../certificates/secretFolder.js';
import { valueOf } from '../telemetry/samples.js';
import { cleanUp, newFolder, serve, type Serving, stop } from './program.js';
import { openRaw } from './rawConnection.js';
import { streamReviews } from './reviewStream.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

const now = new Date();
const authority = createCertificateAuthority(now);
const issue = (days: number, from = authority) =>
  issueServingCertificate(from, { names: ['127.0.0.1'], days, now });
const filesOf = ({ cert, key }: Certificate): Files => ({ 'tls.crt': cert, 'tls.key': key });

const reloaded = 'certificate reloaded';
const notReloaded = 'certificate not reloaded, the last good one goes on serving';

/** Fingerprint of the certificate that a new connection gets, which must verify. */
async function fingerprintOf(process: Serving): Promise<string | undefined> {
  const { socket } = await openRaw(process);
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.fingerprint256;
}

async function metricsOf({ operationsUrl }: Serving) {
  const page = await (await fetch(`${operationsUrl}/metrics`)).text();
  const count = (result: string) => valueOf(page, 'podtemper_certificate_reloads_total', { result });
  return {
    ok: count('ok'),
    failed: count('failed'),
    start: valueOf(page, 'podtemper_certificate_start_timestamp_seconds'),
    expiry: valueOf(page, 'podtemper_certificate_expiry_timestamp_seconds'),
  };
}

let folder: string;

beforeEach(() => {
  folder = newFolder();
});

describe('a certificate that is mounted as the kubelet does it', () => {
  it('is swapped while a stream of reviews runs, and none is lost', async () => {
    const first = issue(1);
    mountSecret(folder, filesOf(first));
    const process = await serve(['--tls-dir', folder], { ca: authority.cert });
    expect(await fingerprintOf(process)).toBe(first.fingerprint);
    expect(process.errors()).toBe('');
    const old = await openRaw(process);
    const stream = streamReviews(process);
    await stream.more(20);
    for (let days = 2; days <= 4; days += 1) {
      const next = issue(days);
      mountSecret(folder, filesOf(next));
      expect(await process.untilLogged(reloaded, days - 1)).toMatchObject({
        notAfter: next.notAfter.toISOString(),
      });
      expect(await fingerprintOf(process)).toBe(next.fingerprint);
      expect(await metricsOf(process)).toEqual({
        ok: days - 1,
        failed: 0,
        start: next.notBefore.getTime() / 1000,
        expiry: next.notAfter.getTime() / 1000,
      });
      await stream.more(20);
    }
    expect(await stream.end()).toBeGreaterThan(80);
    // A connection from before the first swap goes on.
    old.write('GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n');
    expect(await old.answers(1)).toMatchObject([{ status: 200, text: 'ok' }]);
    old.socket.destroy();
    expect(await stop(process)).toBe(0);
  });

  it('goes on serving where the next one is broken, until there is a good one', async () => {
    const first = issue(1);
    mountSecret(folder, filesOf(first));
    const process = await serve(['--tls-dir', folder], { ca: authority.cert });
    const stream = streamReviews(process);
    mountSecret(folder, { ...filesOf(issue(2)), 'tls.key': issue(3).key });
    expect(await process.untilLogged(notReloaded)).toMatchObject({
      level: 'error',
      component: 'certificates',
      error: expect.stringContaining(`${folder}/tls.key: expected the private key of the first certificate`),
    });
    expect(await fingerprintOf(process)).toBe(first.fingerprint);
    mountSecret(folder, { ...filesOf(first), 'tls.crt': 'no certificate' });
    await process.untilLogged(notReloaded, 2);
    expect(await fingerprintOf(process)).toBe(first.fingerprint);
    const readiness = await fetch(`${process.operationsUrl}/readyz`);
    expect([readiness.status, await readiness.json()]).toEqual([
      200,
      expect.objectContaining({
        certificate: expect.stringMatching(
          /^ok: the last good certificate serves; .*tls\.crt: expected a cert/,
        ),
      }),
    ]);
    const next = issue(4);
    mountSecret(folder, filesOf(next));
    await process.untilLogged(reloaded);
    expect(await fingerprintOf(process)).toBe(next.fingerprint);
    expect(await metricsOf(process)).toMatchObject({ ok: 1, failed: 2 });
    await stream.more(20);
    await stream.end();
    // Nothing of a key is ever written down.
    expect(JSON.stringify(process.log())).not.toContain('PRIVATE KEY');
  });

  it('is as good as before where the good one is put back as it was', async () => {
    const good = issue(1);
    mountSecret(folder, filesOf(good));
    const process = await serve(['--tls-dir', folder], { ca: authority.cert });
    mountSecret(folder, { ...filesOf(good), 'tls.key': issue(1).key });
    await process.untilLogged(notReloaded);
    mountSecret(folder, filesOf(good));
    await process.untilLogged(reloaded);
    const readiness = await fetch(`${process.operationsUrl}/readyz`);
    expect(await readiness.json()).toMatchObject({ ready: true, certificate: 'ok' });
    expect(await metricsOf(process)).toMatchObject({ ok: 1, failed: 1 });
  });

  it('may come from another authority, if clients trust both', async () => {
    const other = createCertificateAuthority(now);
    mountSecret(folder, filesOf(issue(1)));
    const process = await serve(['--tls-dir', folder], { ca: authority.cert + other.cert });
    const stream = streamReviews(process);
    const next = issue(2, other);
    mountSecret(folder, filesOf(next));
    await process.untilLogged(reloaded);
    expect(await fingerprintOf(process)).toBe(next.fingerprint);
    await stream.more(20);
    await stream.end();
  });

  it.each([
    ['expired', 0, -0.002],
    ['not yet valid', 1, 1],
  ])('is served where it is %s, and readiness tells', async (state, daysFromNow, days) => {
    const then = new Date(now.getTime() + daysFromNow * dayMilliseconds);
    const untimely = issueServingCertificate(authority, { names: ['127.0.0.1'], days, now: then });
    mountSecret(folder, filesOf(untimely));
    const process = await serve(['--tls-dir', folder], { ca: authority.cert });
    const response = await fetch(`${process.operationsUrl}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ ready: false, certificate: state }),
    ]);
  });
});
