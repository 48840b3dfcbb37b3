import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { send, sendReview } from './client.js';
import { expectProblem } from './problems.js';
import { headOf, only, openRaw, requestWith } from './rawConnection.js';

let server: AdmissionServer;

beforeAll(async () => {
  server = await startAdmission();
});
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(await sendReview(server, plainPod)).toMatchObject({ status: 200 });
});
afterAll(() => server.close());

/** A body in chunks of so many bytes each, as HTTP/1.1 writes them. */
function chunked(body: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; start += size) {
    const chunk = body.subarray(start, start + size);
    chunks.push(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
  }
  return [...chunks, Buffer.from('0\r\n\r\n')];
}

const chunkedHead =
  'POST /mutate HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';

describe('a body in chunks', () => {
  // 2, 3 and 4 bytes a character: a name of which a byte was lost would not be the one of the mount.
  const uid = 'ü€😀'.repeat(30);
  const body = Buffer.from(reviewOf(plainPod, { uid }));

  it.each([1, 2, 3, 5, 7, 1000])('is put together where each has %d bytes', async (size) => {
    const connection = await openRaw(server);
    connection.write(chunkedHead);
    for (const chunk of chunked(body, size)) connection.write(chunk);
    const [answer] = await connection.answers(1);
    expect(readAnswer(only(answer).text).uid).toBe(uid);
    connection.socket.destroy();
  });

  it('is put together where each comes in a packet of its own', async () => {
    const connection = await openRaw(server);
    connection.socket.setNoDelay(true);
    connection.write(chunkedHead);
    for (const chunk of chunked(body, 40)) {
      await new Promise((resolve) => connection.socket.write(chunk, resolve));
    }
    const [answer] = await connection.answers(1);
    expect(readAnswer(only(answer).text).uid).toBe(uid);
    connection.socket.destroy();
  });

  it('is told where it breaks off', async () => {
    const connection = await openRaw(server);
    connection.write(`${chunkedHead}xyz\r\n`);
    const [answer] = await connection.untilClosed();
    expectProblem(only(answer), 400, {
      where: 'request',
      expected: 'HTTP/1.1',
      found: expect.stringContaining('chunk'),
    });
  });
});

describe('bytes that are no UTF-8', () => {
  const [before = '', after = ''] = reviewOf(plainPod, { name: 'HERE' }).split('HERE');

  it.each([
    ['a byte that stands for nothing', [0xff]],
    ['the first half of a character', [0xe2, 0x82]],
    ['the second half of one', [0x82, 0xac]],
    ['a slash in two bytes', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0xbd]],
    ['what lies beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('are refused: %s', async (_what, bytes) => {
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    expectProblem(await send(server, { body }), 400, {
      where: 'body',
      expected: 'text in UTF-8',
      found: 'bytes that are no UTF-8',
    });
  });

  it('are something else than the character that stands for them', async () => {
    const { status, text } = await send(server, { body: reviewOf(plainPod, { uid: 'u-\uFFFD' }) });
    expect(status).toBe(200);
    expect(readAnswer(text).uid).toBe('u-\uFFFD');
  });
});

describe('a length', () => {
  const body = reviewOf(plainPod);

  it('that is too short leaves half a review, and a rest that is no request', async () => {
    const connection = await openRaw(server);
    connection.write(headOf(body.length - 10) + body);
    const answers = await connection.untilClosed();
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of answers) {
      expectProblem(answer, 400, { expected: expect.stringMatching(/^(JSON|HTTP\/1\.1)$/) });
    }
  });

  it.each([
    ['is no number', 'content-length: ten'],
    ['is below zero', 'content-length: -1'],
    ['is told twice', `content-length: ${body.length}\r\ncontent-length: 1`],
    ['is told beside chunks', `content-length: 5\r\ntransfer-encoding: chunked`],
  ])('that %s is refused', async (_what, line) => {
    const connection = await openRaw(server);
    connection.write(
      `POST /mutate HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n${line}\r\n\r\n${body}`,
    );
    const [answer] = await connection.untilClosed();
    expectProblem(only(answer), 400, { where: 'request', expected: 'HTTP/1.1' });
    expect(only(answer).headers.connection).toBe('close');
  });

  it('that is told as more than 16 MiB is refused, once what was sent has been read', async () => {
    const connection = await openRaw(server);
    const bytes = 17 * 1024 * 1024;
    connection.write(headOf(bytes));
    connection.write(Buffer.alloc(bytes, ' '));
    connection.write(requestWith(body));
    const [refused, answered] = await connection.answers(2);
    expectProblem(only(refused), 413, { found: `${bytes} bytes` });
    expect(answered?.status).toBe(200);
    connection.socket.destroy();
  });

  it('that has no end costs the caller its connection', async () => {
    const connection = await openRaw(server);
    connection.write(chunkedHead);
    const megabyte = chunked(Buffer.alloc(1024 * 1024, ' '), 1024 * 1024)[0] ?? '';
    for (let sent = 0; sent < 100 && !connection.socket.destroyed; sent += 1) {
      await new Promise((resolve) => connection.socket.write(megabyte, resolve));
    }
    // It may lose the answer too, as it never came to read it.
    for (const answer of await connection.untilClosed()) expectProblem(answer, 413, { where: 'body' });
  });
});

describe('a caller that asks before it sends', () => {
  it('is told to go on, and answered', async () => {
    const body = reviewOf(plainPod);
    const connection = await openRaw(server);
    connection.write(headOf(body.length, 'expect: 100-continue'));
    expect(await connection.answers(1)).toMatchObject([{ status: 100 }]);
    connection.write(body);
    expect(await connection.answers(2)).toMatchObject([{ status: 100 }, { status: 200 }]);
    connection.socket.destroy();
  });

  it('is told that nothing else can be expected', async () => {
    const connection = await openRaw(server);
    connection.write(requestWith('{}', 'expect: wonders'));
    const [answer] = await connection.answers(1);
    expectProblem(only(answer), 417, { where: 'Expect', expected: '100-continue', found: 'wonders' });
    connection.socket.destroy();
  });
});

describe('a caller that names no host', () => {
  const withoutHost = (version: string) =>
    requestWith(reviewOf(plainPod)).replace(/1\.1\r\nhost: test/, version);

  it('is told to, as HTTP/1.1 demands', async () => {
    const connection = await openRaw(server);
    connection.write(withoutHost('1.1'));
    const [answer] = await connection.answers(1);
    expectProblem(only(answer), 400, { where: 'Host', found: 'nothing' });
    connection.socket.destroy();
  });

  it('is answered where the protocol knows none', async () => {
    const connection = await openRaw(server);
    connection.write(withoutHost('1.0'));
    expect(await connection.untilClosed()).toMatchObject([{ status: 200 }]);
  });
});
