import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { headOf } from '../../server/rawConnection.js';
import { type WebhookProcess } from '../webhookProcess.js';
import { reviewIn } from './directReviews.js';
import { type Fault } from './fault.js';

const callersOfAKind = 100;
const pauseMilliseconds = 30;

export const slowCallers: Fault = {
  title: 'a byte a second',
  how: `${callersOfAKind} callers each are as slow as that in the TLS handshake, in the headers and in the body, at both replicas`,
  async inject({ installation, namespace, isThorough }) {
    const review = reviewIn(namespace);
    const head = headOf(review.length);
    const open = installation.processes.flatMap((replica) => [
      () => plain(replica, tlsRecordHead),
      () => secure(replica, head.slice(0, 30)),
      () => secure(replica, head + review.slice(0, 30)),
    ]);
    const callers: Socket[] = [];
    for (let kind = 0; kind < callersOfAKind; kind += 1) {
      callers.push(
        ...open.map((each) =>
          each()
            .on('error', () => undefined)
            .resume(),
        ),
      );
      // Not all handshakes at once: that would be a flood, of which another fault is made.
      await delay(pauseMilliseconds);
    }
    for (let second = 0; second < (isThorough ? 15 : 4); second += 1) {
      await delay(1000);
      for (const caller of callers) caller.write('x');
    }
    const kept = callers.filter(({ destroyed }) => !destroyed).length;
    for (const caller of callers) caller.destroy();
    return {
      seen: `${callers.length} slow callers, of whom ${kept} were still there at the end`,
    };
  },
};

/** The beginning of a handshake, of which the rest is then to come. */
const tlsRecordHead = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);

function plain({ admission }: WebhookProcess, start: Buffer): Socket {
  const socket = connectTcp(admission, () => socket.write(start));
  return socket;
}

function secure({ admission }: WebhookProcess, start: string): Socket {
  const socket = connectTls({ ...admission, rejectUnauthorized: false }, () => socket.write(start));
  return socket;
}
