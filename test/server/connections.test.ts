import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import { tlsOptionsOf } from '../../src/server/admission.js';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { eventually } from '../certificates/waiting.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { send, sendReview } from './client.js';
import { expectProblem } from './problems.js';
import { headOf, only, openRaw, requestWith } from './rawConnection.js';

const good = reviewOf(plainPod);

let server: AdmissionServer;

beforeAll(async () => {
  server = await startAdmission();
});
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(await sendReview(server, plainPod)).toMatchObject({ status: 200 });
});
afterAll(() => server.close());

/** Waits until the server has closed a plain connection; gives what it sent. */
async function untilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  let isClosed = false;
  socket.on('close', () => (isClosed = true));
  await eventually('the server to close the connection', () => isClosed);
  return Buffer.concat(chunks).toString('latin1');
}

describe('one connection', () => {
  it('carries one review after the other', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const count = () => (connections += 1);
    server.server.on('secureConnection', count);
    for (const uid of ['u-1', 'u-2', 'u-3']) {
      const { headers, text } = await send(server, { body: reviewOf(plainPod, { uid }), agent });
      expect(readAnswer(text).uid).toBe(uid);
      expect(headers.connection).toBe('keep-alive');
      // Longer than the API server keeps one open, which is 90 s.
      expect(headers['keep-alive']).toBe('timeout=120');
    }
    server.server.off('secureConnection', count);
    agent.destroy();
    expect(connections).toBe(1);
  });

  it('goes on after a request that was refused', async () => {
    const connection = await openRaw(server);
    const bodies = ['{', good, '', good];
    for (const body of bodies) connection.write(requestWith(body));
    connection.write('GET /mutate HTTP/1.1\r\nhost: test\r\n\r\n');
    connection.write(requestWith(good));
    const answers = await connection.answers(6);
    expect(answers.map(({ status }) => status)).toEqual([400, 200, 400, 200, 405, 200]);
    connection.socket.destroy();
  });

  it('gets its answers in the order of its requests, if they are all sent at once', async () => {
    const connection = await openRaw(server);
    const uids = Array.from({ length: 50 }, (_, number) => `u-${number}`);
    connection.write(uids.map((uid) => requestWith(reviewOf(plainPod, { uid }))).join(''));
    const answers = await connection.answers(50);
    expect(answers.map(({ text }) => readAnswer(text).uid)).toEqual(uids);
    connection.socket.destroy();
  });

  it('is closed after a request that asks for that, and after one of HTTP/1.0', async () => {
    for (const request of [
      requestWith(good, 'connection: close'),
      requestWith(good).replace('HTTP/1.1', 'HTTP/1.0'),
    ]) {
      const connection = await openRaw(server);
      connection.write(request);
      expect(await connection.untilClosed()).toMatchObject([{ status: 200 }]);
    }
  });

  it('is told to close while the server drains, where answers still come', async () => {
    server.isDraining = true;
    const connection = await openRaw(server);
    connection.write(requestWith(good));
    expect(await connection.untilClosed()).toMatchObject([{ status: 200, headers: { connection: 'close' } }]);
    server.isDraining = false;
  });
});

describe('a caller that goes away', () => {
  it.each([
    ['before a request', ''],
    ['within the first line', 'POST /mut'],
    ['within the headers', headOf(good.length).slice(0, 40)],
    ['before the body', headOf(good.length)],
    ['within the body', headOf(good.length) + good.slice(0, 100)],
    [
      'within the body of a request that is refused',
      headOf(good.length).replace('json', 'yaml') + good.slice(0, 9),
    ],
    ['without reading the answer', requestWith(good)],
    ['without reading any of 100 answers', requestWith(good).repeat(100)],
  ])('harms nobody: %s', async (_when, text) => {
    for (const leave of ['end', 'destroy'] as const) {
      const connection = await openRaw(server);
      if (text !== '') await new Promise((resolve) => connection.socket.write(text, resolve));
      connection.socket[leave]();
      await connection.untilClosed();
    }
  });
});

describe('what is no HTTP over TLS', () => {
  it.each([
    ['a plain HTTP request', `GET / HTTP/1.1\r\nhost: test\r\n\r\n`],
    ['noise', 'x'.repeat(5000)],
    ['the first bytes of TLS, and noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(600, 'x')],
  ])('is cut off: %s', async (_what, text) => {
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.write(Buffer.from(text, 'latin1'));
    expect(await untilClosed(socket)).not.toContain('HTTP/1.1 200');
  });

  it.each([
    ['noise', '\0\x01\x02\r\n\r\n', 400, 'HTTP/1.1'],
    ['a method that does not exist', 'BREW /mutate HTTP/1.1\r\nhost: test\r\n\r\n', 400, 'HTTP/1.1'],
    ['HTTP/2 without having agreed on it', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'HTTP/1.1'],
    ['a header without a name', 'POST /mutate HTTP/1.1\r\nhost: test\r\n: x\r\n\r\n', 400, 'HTTP/1.1'],
    [
      'too many headers',
      `POST /mutate HTTP/1.1\r\nhost: test\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers of at most 16384 bytes',
    ],
  ])('is told what is wrong within TLS: %s', async (_what, text, status, expected) => {
    const connection = await openRaw(server);
    connection.write(text);
    const [answer] = await connection.untilClosed();
    expectProblem(only(answer), status, { where: 'request', expected });
  });

  it('is refused where it asks for another protocol', async () => {
    const connection = await openRaw(server);
    connection.write(
      'GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    expect(await connection.answers(1)).toMatchObject([{ status: 200, text: 'ok' }]);
    connection.socket.destroy();
    const tunnel = await openRaw(server);
    tunnel.write('CONNECT example.com:443 HTTP/1.1\r\nhost: test\r\n\r\n');
    expect(await tunnel.untilClosed()).toEqual([]);
  });
});

describe('TLS', () => {
  /** What becomes of a handshake with these versions at most. */
  async function handshake(maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<unknown> {
    const minVersion = maxVersion === 'TLSv1.1' ? 'TLSv1' : maxVersion;
    // OpenSSL offers the old versions only where it is told to take old signatures too.
    const ciphers = 'DEFAULT@SECLEVEL=0';
    const socket = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ca: server.ca,
      minVersion,
      maxVersion,
      ciphers,
    });
    try {
      await once(socket, 'secureConnect');
      return socket.getProtocol();
    } catch (error) {
      return error;
    } finally {
      socket.destroy();
    }
  }

  const outcomes = async () => [
    await handshake('TLSv1.1'),
    await handshake('TLSv1.2'),
    await handshake('TLSv1.3'),
  ];
  const expected = [
    expect.objectContaining({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' }),
    'TLSv1.2',
    'TLSv1.3',
  ];

  it('is spoken from version 1.2 on, also after the certificate has changed', async () => {
    expect(await outcomes()).toEqual(expected);
    const renewed = createSelfSigned({ names: ['127.0.0.1'] });
    renewed.close();
    server.server.setSecureContext(tlsOptionsOf(renewed.current()));
    server.ca = renewed.caBundle;
    expect(await outcomes()).toEqual(expected);
  });
});
