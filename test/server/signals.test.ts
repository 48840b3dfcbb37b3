import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { waitUntil } from '../cluster/waiting.js';
import { send, sendReview } from './client.js';
import { cleanUp, serve, stop } from './program.js';
import { headOf, openRaw } from './rawConnection.js';
import { streamReviews } from './reviewStream.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

const body = reviewOf(plainPod);

/** Whether a connection is refused. It is one without a review, which would be answered and logged in the moment before
 *  the listener closes. */
async function isRefused({ port }: { readonly port: number }): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    return true;
  } finally {
    socket.destroy();
  }
}

/** A review of which the server has the headers, and waits for the body. */
async function openReview(target: Parameters<typeof openRaw>[0]) {
  const connection = await openRaw(target);
  connection.write(headOf(body.length, 'expect: 100-continue'));
  await connection.answers(1);
  return connection;
}

describe.each(['SIGTERM', 'SIGINT'] as const)('at %s', (signal) => {
  it('readiness goes first, and reviews are still answered; a second one ends it at once', async () => {
    const process = await serve(['--drain-delay=3600']);
    const agent = new Agent({ keepAlive: true });
    expect((await send(process, { body, agent })).headers.connection).toBe('keep-alive');
    process.child.kill(signal);
    await process.untilLogged('draining');
    for (const path of ['/readyz', '/healthz']) {
      const status = path === '/readyz' ? 503 : 200;
      expect((await fetch(`${process.operationsUrl}${path}`)).status).toBe(status);
      expect(await send(process, { method: 'GET', path })).toMatchObject({ status });
    }
    // Whoever still comes by an old connection is answered, and led to another pod the next time.
    const answer = await send(process, { body, agent });
    expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await sendReview(process, plainPod)).toMatchObject({ status: 200 });
    agent.destroy();
    const before = process.errors();
    expect(await stop(process, signal)).toBe(1);
    expect(process.errors().slice(before.length)).toBe(
      `podtemper: ${signal} while draining: stopped without waiting for requests\n`,
    );
  });

  it('requests in flight finish, nothing new is taken, and it ends well', async () => {
    const process = await serve();
    const connection = await openReview(process);
    const idle = await openRaw(process);
    const silent = connect(process.port, '127.0.0.1').on('error', () => undefined);
    process.child.kill(signal);
    await process.untilLogged('draining');
    await waitUntil('new connections to be refused', () => isRefused(process));
    connection.write(body);
    const [, answer] = await connection.untilClosed();
    expect(answer).toMatchObject({ status: 200 });
    expect(await process.ended).toBe(0);
    const messages = process.log().map(({ msg }) => msg);
    expect(messages.slice(-3)).toEqual(['draining', 'pod reviewed', 'stopped']);
    await idle.untilClosed();
    silent.destroy();
  });
});

describe('at SIGTERM', () => {
  it('requests that have not ended at the deadline are cut, and the log says so', async () => {
    const process = await serve(['--drain-deadline=0.1']);
    const connection = await openReview(process);
    expect(await stop(process)).toBe(0);
    expect(await connection.untilClosed()).toMatchObject([{ status: 100 }]);
    const lines = process.log().slice(-3);
    expect(lines).toMatchObject([
      { msg: 'draining' },
      { level: 'warn', msg: 'requests were cut at the deadline' },
      { msg: 'stopped' },
    ]);
  });

  it('a stream of reviews loses none, as long as it goes elsewhere in time', async () => {
    const process = await serve(['--drain-delay=3600']);
    const stream = streamReviews(process);
    await stream.more(20);
    process.child.kill('SIGTERM');
    await process.untilLogged('draining');
    await stream.more(20);
    expect(await stream.end()).toBeGreaterThan(40);
  });
});
