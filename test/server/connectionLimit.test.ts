import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listen } from '../../src/commands/address.js';
import { limitConnections } from '../../src/server/connectionLimit.js';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { eventually } from '../certificates/waiting.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { openRaw, type RawConnection, requestWith } from './rawConnection.js';

let server: AdmissionServer | undefined;

afterEach(() => server?.close());

const good = reviewOf(plainPod);

async function use(connection: RawConnection): Promise<void> {
  connection.write(requestWith(good));
  expect(await connection.answers(1)).toMatchObject([{ status: 200 }]);
}

describe('one connection more than a server keeps', () => {
  it('closes the one that has been of no use for longest', async () => {
    server = await startAdmission({ maxConnections: 3 });
    const [first, second, third] = [await openRaw(server), await openRaw(server), await openRaw(server)];
    await use(first);
    await use(third);
    const fourth = await openRaw(server);
    expect(await second.untilClosed()).toEqual([]);
    await use(fourth);
    const fifth = await openRaw(server);
    expect(await first.untilClosed()).toHaveLength(1);
    for (const kept of [third, fourth, fifth]) {
      expect(kept.socket.destroyed).toBe(false);
      kept.socket.destroy();
    }
  });

  it('closes one that has not even begun with TLS', async () => {
    server = await startAdmission({ maxConnections: 2 });
    const silent = connect(server.port, '127.0.0.1').on('error', () => undefined);
    let isClosed = false;
    silent.on('close', () => (isClosed = true)).resume();
    const used = await openRaw(server);
    await use(used);
    const another = await openRaw(server);
    await eventually('the silent connection to be closed', () => isClosed);
    await use(another);
    for (const kept of [used, another]) kept.socket.destroy();
  });

  it('is none where another has been closed', async () => {
    server = await startAdmission({ maxConnections: 1 });
    let closed = 0;
    server.server.on('connection', (socket: Socket) => socket.on('close', () => (closed += 1)));
    for (let count = 1; count <= 3; count += 1) {
      const connection = await openRaw(server);
      await use(connection);
      connection.socket.destroy();
      const closings = count;
      await eventually('the server to notice', () => closed === closings);
    }
  });

  it('is counted by a server without TLS too', async () => {
    const plain = createServer((_request, response) => response.end('ok'));
    limitConnections(plain, 1);
    const { port } = await listen(plain, { host: '127.0.0.1', port: 0 }, 'test');
    const first = connect(port, '127.0.0.1');
    let isClosed = false;
    first.on('close', () => (isClosed = true)).resume();
    await eventually('the first to be there', () => first.readyState === 'open');
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await eventually('the first to be closed', () => isClosed);
    plain.close().closeAllConnections();
  });
});
