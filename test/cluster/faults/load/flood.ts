import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { requestWith } from '../../../server/rawConnection.js';

/** Finds out how many reviews a server answers in a second, then keeps ten times as many waiting for their answers,
 *  each on a connection of its own, as API servers do. Arguments: host, port, file with a review, seconds. */
const [host = '', port, file = '', seconds] = process.argv.slice(2);
const request = Buffer.from(requestWith(readFileSync(file, 'utf8')));
const counts = { answered: 0, refused: 0, other: 0 };

/** A connection on which a request follows each answer. */
async function openFlow(): Promise<TLSSocket> {
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  socket.on('error', () => undefined);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    const [head, status, length] =
      /^HTTP\/1\.1 (\d{3}).*?content-length: (\d+).*?\r\n\r\n/is.exec(received) ?? [];
    if (head === undefined || received.length < head.length + Number(length)) return;
    received = '';
    count(status);
    socket.write(request);
  });
  return socket;
}

/** Opens so many, a few at a time. */
async function openFlows(flows: number): Promise<TLSSocket[]> {
  const sockets: TLSSocket[] = [];
  while (sockets.length < flows) {
    const next = Array.from({ length: Math.min(50, flows - sockets.length) }, openFlow);
    sockets.push(...(await Promise.all(next)));
  }
  return sockets;
}

function count(status: string | undefined): void {
  if (status === '200') counts.answered += 1;
  else if (status === '429') counts.refused += 1;
  else counts.other += 1;
}

function say(word: string, figures: Record<string, number>): void {
  const text = Object.entries(figures).map(([key, value]) => `${key}=${value}`);
  process.stdout.write(`${word} ${text.join(' ')}\n`);
}

/** Runs so many flows, and counts what is answered after a while. */
async function run(flows: number, runSeconds: number): Promise<typeof counts> {
  const sockets = await openFlows(flows);
  for (const socket of sockets) socket.write(request);
  // The code of either side gets faster in its first second.
  await delay(warmUpMilliseconds);
  Object.assign(counts, { answered: 0, refused: 0, other: 0 });
  await delay(runSeconds * 1000);
  for (const socket of sockets) socket.destroy();
  return { ...counts };
}

const warmUpMilliseconds = 1000;
/** A few less than the server keeps. */
const maxConnections = 3800;
const { answered: perSecond } = await run(16, 1);
say('capacity', { perSecond });
const waiting = Math.min(perSecond * 10, maxConnections);
const result = await run(waiting, Number(seconds));
say('flood', { waiting, ...result });
