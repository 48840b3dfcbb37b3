import { connect } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Drain } from '../../src/server/drain.js';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { eventually } from '../certificates/waiting.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { sendReview } from './client.js';
import { headOf, openRaw, requestWith } from './rawConnection.js';

/** So long that only a hung test gets there. */
const never = 3_600_000;

jest.setTimeout(20_000);

const good = reviewOf(plainPod);

let server: AdmissionServer | undefined;

afterEach(() => server?.close());

/** A server that can be drained, its reviews answered when the test says so. */
async function start() {
  const held: ((text: string) => void)[] = [];
  const started = await startAdmission({ answer: () => new Promise((resolve) => held.push(resolve)) });
  server = started;
  const seen = { connection: 0, request: 0 };
  for (const event of ['connection', 'request'] as const) started.server.on(event, () => (seen[event] += 1));
  return {
    server: started,
    drain: new Drain(started.server),
    untilSeen: (event: keyof typeof seen, count: number) =>
      eventually(`the ${event} number ${count}`, () => seen[event] === count),
    untilHeld: (count: number) => eventually(`${count} reviews in flight`, () => held.length === count),
    answerAll: () => held.splice(0).forEach((resolve) => resolve('answered')),
  };
}

describe('draining', () => {
  it('lets the requests in flight finish, and takes no new ones', async () => {
    const { server: target, drain, untilHeld, answerAll } = await start();
    const inFlight = [sendReview(target, plainPod), sendReview(target, plainPod)];
    await untilHeld(2);
    const ended = drain.end(never);
    await expect(sendReview(target, plainPod)).rejects.toThrow('ECONNREFUSED');
    answerAll();
    for (const answer of inFlight) expect(await answer).toMatchObject({ status: 200, text: 'answered' });
    expect(await ended).toBe(true);
  });

  it('waits for a body of which only half has come', async () => {
    const { server: target, drain, untilSeen, untilHeld, answerAll } = await start();
    const connection = await openRaw(target);
    connection.write(headOf(good.length) + good.slice(0, 50));
    await untilSeen('request', 1);
    const ended = drain.end(never);
    connection.write(good.slice(50));
    await untilHeld(1);
    answerAll();
    expect(await connection.untilClosed()).toMatchObject([{ status: 200, text: 'answered' }]);
    expect(await ended).toBe(true);
  });

  it('closes connections that are kept alive, those of which a request has just ended too', async () => {
    const { server: target, drain, untilHeld, answerAll } = await start();
    const [idle, busy] = [await openRaw(target), await openRaw(target)];
    idle.write(requestWith(good));
    await untilHeld(1);
    answerAll();
    await idle.answers(1);
    busy.write(requestWith(good));
    await untilHeld(1);
    const ended = drain.end(never);
    expect(await idle.untilClosed()).toHaveLength(1);
    expect(busy.socket.destroyed).toBe(false);
    answerAll();
    expect(await busy.untilClosed()).toMatchObject([{ status: 200 }]);
    expect(await ended).toBe(true);
  });

  it('does not wait for connections on which nothing was asked', async () => {
    const { server: target, drain, untilSeen } = await start();
    const [silent, unfinished] = [await openRaw(target), await openRaw(target)];
    unfinished.write(headOf(good.length).slice(0, 30));
    const plain = connect(target.port, '127.0.0.1');
    let isClosed = false;
    plain.on('error', () => undefined).on('close', () => (isClosed = true));
    plain.resume();
    await untilSeen('connection', 3);
    expect(await drain.end(never)).toBe(true);
    expect(await silent.untilClosed()).toEqual([]);
    expect(await unfinished.untilClosed()).toEqual([]);
    await eventually('the connection without TLS to be closed', () => isClosed);
  });

  it('cuts what is still open at the deadline, and says so', async () => {
    const { server: target, drain, untilHeld } = await start();
    const cut = sendReview(target, plainPod);
    await untilHeld(1);
    const isCut = expect(cut).rejects.toThrow('socket hang up');
    expect(await drain.end(50)).toBe(false);
    await isCut;
  });

  it('ends at once where nobody is connected, and where nothing listens', async () => {
    const { drain } = await start();
    expect(await drain.end(never)).toBe(true);
    expect(await drain.end(never)).toBe(true);
  });
});
