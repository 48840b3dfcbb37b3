import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { eventually } from '../certificates/waiting.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { sendReview } from './client.js';
import { expectProblem } from './problems.js';
import { headOf, only, openRaw, type RawConnection, requestWith } from './rawConnection.js';

const good = reviewOf(plainPod);

let server: AdmissionServer;

// As short as a test may take; a review of the API server takes a thousandth.
beforeAll(async () => (server = await startImpatient(300)));
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(await sendReview(server, plainPod)).toMatchObject({ status: 200 });
});
afterAll(() => server.close());

/** A server that gives a caller so long for each of its steps. */
function startImpatient(milliseconds: number): Promise<AdmissionServer> {
  const timeouts = {
    handshake: milliseconds,
    headers: milliseconds,
    request: milliseconds,
    idle: milliseconds,
    check: 20,
  };
  return startAdmission({ timeouts });
}

/** Writes a byte every now and then, until the server has enough of it. */
function trickle(connection: RawConnection, text: string): void {
  const bytes = text[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = bytes.next();
    if (done === true || connection.socket.destroyed) clearInterval(timer);
    else connection.write(value);
  }, 20);
}

describe('a caller that takes too long', () => {
  it.each([
    ['to say anything', '', ''],
    ['to end its headers', '', headOf(good.length)],
    ['to end its headers, which never end', 'POST /mutate HTTP/1.1\r\n', 'x: y\r\n'.repeat(1000)],
    ['to begin its body', headOf(good.length), ''],
    ['to end its body', headOf(good.length), good],
    ['to end the body of a request that is refused', headOf(good.length).replace('json', 'yaml'), good],
  ])('is told so and cut off: %s', async (_what, start, slowly) => {
    const connection = await openRaw(server);
    connection.write(start);
    trickle(connection, slowly);
    const [answer] = await connection.untilClosed();
    expectProblem(only(answer), 408, { where: 'request', expected: 'all of a request' });
  });

  it('is cut off where it does not even begin with TLS', async () => {
    const socket = connect(server.port, '127.0.0.1');
    let isClosed = false;
    socket.on('error', () => undefined).on('close', () => (isClosed = true));
    socket.resume();
    await eventually('the server to close the connection', () => isClosed);
  });

  it('is cut off where it has nothing more to ask', async () => {
    const connection = await openRaw(server);
    connection.write(requestWith(good));
    expect(await connection.untilClosed()).toMatchObject([{ status: 200 }]);
  });
});

describe('100 callers that never end', () => {
  it('do not keep a review from its answer', async () => {
    // Long enough for the review to come after a hundred handshakes.
    const patient = await startImpatient(3000);
    const slow = await Promise.all(Array.from({ length: 100 }, () => openRaw(patient)));
    for (const connection of slow) connection.write(headOf(good.length) + good.slice(0, 50));
    expect(await sendReview(patient, plainPod)).toMatchObject({ status: 200 });
    await Promise.all(slow.map((connection) => connection.untilClosed()));
    expect(patient.faults).toEqual([]);
    patient.close();
  });
});
