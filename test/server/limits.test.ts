import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { plainPod } from '../admission/reviews.js';
import { waitUntil } from '../cluster/waiting.js';
import { sendReview } from './client.js';
import { cleanUp, serve, stop } from './program.js';

jest.setTimeout(60_000);
afterEach(cleanUp);

/** A shell that leaves so many open files to the command after it. */
const withOpenFiles = (count: number) => ['sh', '-c', `ulimit -n ${count}; exec "$@"`, 'sh'];

/** Opens connections and asks nothing on them. */
async function openMany(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  const settled = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        // Resolved more than once, of which the first counts.
        socket.on('connect', resolve).on('error', resolve).on('close', resolve);
      }),
  );
  await Promise.all(settled);
  return sockets;
}

describe('more connections than a process may have', () => {
  it('do not end it, and reviews are answered as soon as there is room', async () => {
    const process = await serve([], { wrapper: withOpenFiles(64) });
    const sockets = [
      ...(await openMany(process.port, 100)),
      ...(await openMany(Number(new URL(process.operationsUrl).port), 100)),
    ];
    for (const socket of sockets) socket.destroy();
    const isAnswered = async () => (await sendReview(process, plainPod)).status === 200;
    await waitUntil('a review to be answered', isAnswered);
    expect(await stop(process)).toBe(0);
  });
});
