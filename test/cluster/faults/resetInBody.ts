import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { headOf } from '../../server/rawConnection.js';
import { waitUntil } from '../waiting.js';
import { type WebhookProcess } from '../webhookProcess.js';
import { reviewIn } from './directReviews.js';
import { type Fault } from './fault.js';

/** After so many bytes of the API server a connection is cut, which is within a review or, on a new connection, before
 *  the first one. */
const cutAfterBytes = 1500;
const cuts = 20;
const directConnections = 200;

export const resetInBody: Fault = {
  title: 'connection reset in a body',
  how: `the proxy resets ${cuts} connections within a review, and ${directConnections} other clients reset theirs in a body`,
  why: 'the API server does not repeat a review of which it had sent a part',
  async inject({ installation, namespace }) {
    const { proxy, processes } = installation;
    const left = proxy.cutAfter(cutAfterBytes, cuts);
    const review = reviewIn(namespace);
    const direct = processes.flatMap((replica) =>
      Array.from({ length: directConnections / processes.length }, () => resetHalfway(replica, review)),
    );
    await Promise.all(direct);
    await waitUntil('all cuts', async () => left() === 0);
    return {
      seen: 'no more creates end in a reset than were cut',
      // Others may come too late, where all that is opened anew takes the processors.
      accountsFor: Infinity,
      resets: cuts,
    };
  },
};

/** Sends half a review, then resets the connection. */
function resetHalfway({ admission }: WebhookProcess, review: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const plain = connectTcp(admission).on('error', reject);
    const secure = connectTls({ socket: plain, rejectUnauthorized: false }, () => {
      secure.write(headOf(review.length) + review.slice(0, review.length / 2), () => {
        plain.once('close', () => resolve()).resetAndDestroy();
      });
    });
  });
}
