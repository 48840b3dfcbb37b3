import { once } from 'node:events';
import { Agent } from 'node:https';
import { afterEach, describe, expect, it } from '@jest/globals';
import { deadlineOf } from '../../src/server/overload.js';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { waitUntil } from '../cluster/waiting.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { send, sendReview } from './client.js';
import { expectProblem } from './problems.js';
import { only, openRaw, requestWith } from './rawConnection.js';

let server: AdmissionServer | undefined;

afterEach(() => server?.close());

const good = reviewOf(plainPod);

/** A server on a clock of its own, on which each review takes so many milliseconds. */
async function start(milliseconds: number): Promise<AdmissionServer> {
  let time = 0;
  const answer = () => {
    time += milliseconds;
    return 'answered';
  };
  server = await startAdmission({ answer, now: () => time });
  return server;
}

describe('more reviews in one turn than can be answered in time', () => {
  it('are answered as far as the time goes; the others are told to come again', async () => {
    const target = await start(10);
    const connection = await openRaw(target);
    connection.write(requestWith(good).repeat(46));
    const answers = await connection.answers(46);
    expect(answers.map(({ status }) => status)).toEqual([...Array(40).fill(200), ...Array(6).fill(429)]);
    const refused = answers.at(-1);
    expect(refused?.headers['retry-after']).toBe('1');
    expectProblem(only(refused), 429, { where: 'load', found: 'more' });
    expect(target.refused).toEqual([6]);
    connection.socket.destroy();
  });

  it('are over with their turn: the next review is answered, on that connection too', async () => {
    const target = await start(10);
    const connection = await openRaw(target);
    connection.write(requestWith(good).repeat(42));
    await connection.answers(42);
    connection.write(requestWith(good));
    const statuses = (await connection.answers(43)).map(({ status }) => status);
    expect(statuses.slice(-3)).toEqual([429, 429, 200]);
    connection.socket.destroy();
    expect(await sendReview(target, plainPod)).toMatchObject({ status: 200 });
  });

  it('are none as long as they are few, however slow the machine', async () => {
    const target = await start(1000);
    const connection = await openRaw(target);
    connection.write(requestWith(good).repeat(33));
    const statuses = (await connection.answers(33)).map(({ status }) => status);
    expect(statuses).toEqual([...Array(32).fill(200), 429]);
    connection.socket.destroy();
  });

  it('are none where each comes in its own turn', async () => {
    const target = await start(1000);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let review = 0; review < 5; review += 1) {
      expect(await send(target, { body: good, agent })).toMatchObject({ status: 200 });
    }
    agent.destroy();
    expect(target.refused).toEqual([]);
  });
});

describe('reviews whose caller has gone', () => {
  it('are not worked on: after a flood nobody waits for those that it left', async () => {
    let asked = 0;
    const target = await startAdmission({
      answer: () => {
        asked += 1;
        target.server.closeAllConnections();
        return 'answered';
      },
    });
    server = target;
    const connection = await openRaw(target);
    const closed = once(connection.socket, 'close');
    connection.write(requestWith(good).repeat(5));
    await closed;
    expect(asked).toBe(1);
    expect(target.refused).toEqual([]);
    expect(target.faults).toEqual([]);
  });
});

describe('the deadline of a turn', () => {
  it.each([
    ['counts from the arrival of the first review', 1000, 1000, 1400],
    ['counts the time of reading', 1000, 1200, 1400],
    ['leaves time for some reviews however long the reading took', 1000, 9000, 9200],
  ])('%s', (_title, since, now, deadline) => {
    expect(deadlineOf(since, now)).toBe(deadline);
  });
});

describe('bodies for which there is no memory', () => {
  it('are refused until others have come to their end', async () => {
    const target = await startAdmission({ maxHeldBytes: 1_000_000 });
    server = target;
    const large = reviewOf({ ...plainPod, note: 'x'.repeat(600_000) });
    expect(await send(target, { body: large })).toMatchObject({ status: 200 });
    const slow = await openRaw(target);
    slow.write(requestWith(large).slice(0, -1));
    await waitUntil('a refusal', async () => (await send(target, { body: large })).status === 429);
    const refused = await send(target, { body: large });
    expectProblem(refused, 429, { where: 'load', expected: 'bodies that there is memory for' });
    expect(refused.headers['retry-after']).toBe('1');
    expect(target.refused).toEqual([1, 1]);
    expect(await sendReview(target, plainPod)).toMatchObject({ status: 200 });
    slow.socket.destroy();
    await waitUntil('room for it', async () => (await send(target, { body: large })).status === 200);
  });
});
