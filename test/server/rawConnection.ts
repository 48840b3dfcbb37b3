import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { eventually } from '../certificates/waiting.js';
import type { Target } from './client.js';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A TLS connection on which anything may be written. */
export interface RawConnection {
  readonly socket: TLSSocket;
  readonly write: (data: string | Buffer) => void;
  /** Waits until that many answers have come in full, interim ones with them. */
  readonly answers: (count: number) => Promise<RawAnswer[]>;
  /** Waits until the server has closed it; gives the answers that came before. */
  readonly untilClosed: () => Promise<RawAnswer[]>;
}

/** Opens a connection, whose certificate must verify. */
export async function openRaw({ port, ca }: Target, options: ConnectionOptions = {}): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, ca, ...options });
  await once(socket, 'secureConnect');
  let received = Buffer.alloc(0);
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  socket.on('close', () => (isClosed = true));
  // Whether the server ends a connection or resets it makes no difference here.
  socket.on('error', () => undefined);
  return {
    socket,
    write: (data) => void socket.write(data),
    answers: async (count) => {
      await eventually(`${count} answers`, () => parseAnswers(received).length >= count);
      return parseAnswers(received);
    },
    untilClosed: async () => {
      await eventually('the server to close the connection', () => isClosed);
      return parseAnswers(received);
    },
  };
}

/** The answer that must be there. */
export function only(answer: RawAnswer | undefined): RawAnswer {
  if (answer === undefined) throw new Error('connection: expected an answer, found none');
  return answer;
}

/** The head of a request that announces a body of that many bytes; further lines are its own. */
export function headOf(bytes: number, ...lines: string[]): string {
  const own = ['content-type: application/json', `content-length: ${bytes}`, ...lines];
  return `${['POST /mutate HTTP/1.1', 'host: test', ...own].join('\r\n')}\r\n\r\n`;
}

/** A whole request. */
export function requestWith(body: string, ...lines: string[]): string {
  return headOf(Buffer.byteLength(body), ...lines) + body;
}

/** The whole answers in what was received; all of ours tell their length. */
function parseAnswers(received: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return answers;
    const [statusLine = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(lines.map(parseHeader));
    const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
    if (rest.length < bodyEnd) return answers;
    const text = rest.subarray(end + 4, bodyEnd).toString('utf8');
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, text });
    rest = rest.subarray(bodyEnd);
  }
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
