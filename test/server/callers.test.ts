import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { valueOf } from '../telemetry/samples.js';
import { type Answer, send } from './client.js';
import { callersAuthority, type ClientCertificate, clientCertificate } from './clientCertificates.js';
import { expectProblem } from './problems.js';
import { cleanUp, newFolder, serve, type Serving } from './program.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

const authority = callersAuthority();
const apiServer = clientCertificate(authority, 'kube-apiserver');
const nobody: Partial<ClientCertificate> = {};

let file: string;
let serving: Serving;

beforeEach(async () => {
  file = join(newFolder(), 'callers.crt');
  writeFileSync(file, authority.cert);
  serving = await serve(['--client-ca', file, '--client-name', 'kube-apiserver', 'other-apiserver']);
});

const review = reviewOf(plainPod);

/** Sends a review on a connection of its own, with that certificate. */
async function sendAs(certificate: Partial<ClientCertificate>, path = '/mutate'): Promise<Answer> {
  const agent = new Agent({ ...certificate, keepAlive: false });
  return send(serving, path === '/mutate' ? { body: review, agent } : { method: 'GET', path, agent });
}

/** What the refusal says was found. */
async function refusalOf(certificate: Partial<ClientCertificate>): Promise<string> {
  const answer = await sendAs(certificate);
  expectProblem(answer, 403, { where: 'client certificate' });
  return (JSON.parse(answer.text) as { found: string }).found;
}

describe('with --client-ca', () => {
  it('serves the API server', async () => {
    const { status, text } = await sendAs(apiServer);
    expect({ status, allowed: JSON.parse(text).response.allowed }).toEqual({ status: 200, allowed: true });
  });

  it('refuses everybody else, and says why', async () => {
    expect(await refusalOf(nobody)).toBe('none');
    const stranger = clientCertificate(callersAuthority(), 'kube-apiserver');
    expect(await refusalOf(stranger)).toMatch(/^one that is not trusted: \S+/);
    const expired = clientCertificate(authority, 'kube-apiserver', -1);
    expect(await refusalOf(expired)).toBe('one that is not trusted: CERT_HAS_EXPIRED');
    const another = clientCertificate(authority, 'mallory');
    expect(await refusalOf(another)).toBe('one for mallory, which --client-name does not allow');
  });

  it('counts and logs whom it refused', async () => {
    await refusalOf(nobody);
    const page = await (await fetch(`${serving.operationsUrl}/metrics`)).text();
    expect(valueOf(page, 'podtemper_refused_callers_total')).toBe(1);
    expect(await serving.untilLogged('caller refused')).toMatchObject({ level: 'warn' });
  });

  it('answers probes, which have no certificate', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await sendAs(nobody, path)).status).toBe(200);
  });

  it('is not deceived by a session that is resumed without a certificate', async () => {
    const options = { host: '127.0.0.1', port: serving.port, ca: serving.ca };
    const first = connect(options);
    const [session] = (await once(first, 'session')) as [Buffer];
    const again = connect({ ...options, session });
    await once(again, 'secureConnect');
    expect(again.isSessionReused()).toBe(true);
    const head = `POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    again.write(`${head}content-length: ${Buffer.byteLength(review)}\r\n\r\n${review}`);
    const [answer] = (await once(again, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
    for (const socket of [first, again]) socket.destroy();
  });

  it('serves it on a session that is resumed', async () => {
    const agent = new Agent({ ...apiServer, keepAlive: false, maxCachedSessions: 10 });
    for (let time = 0; time < 3; time += 1) {
      expect((await send(serving, { body: review, agent })).status).toBe(200);
    }
  });

  it('follows the file: a new authority counts, the old one no longer', async () => {
    const next = callersAuthority();
    writeFileSync(file, next.cert);
    await serving.untilLogged('client authorities reloaded');
    expect((await sendAs(clientCertificate(next, 'other-apiserver'))).status).toBe(200);
    expect(await refusalOf(apiServer)).toMatch(/^one that is not trusted/);
    writeFileSync(file, 'no certificate');
    await serving.untilLogged('client authorities not reloaded, the last good ones stay');
    expect((await sendAs(clientCertificate(next, 'other-apiserver'))).status).toBe(200);
  });
});
