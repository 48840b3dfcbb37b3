import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { InputError, messageOf } from '../errors.js';
import { answerHeaders } from './answerHeaders.js';

type Headers = Readonly<Record<string, string>>;

/** Ends the response with a problem (RFC 9457): status, and for bad input where, expected, found and advice. */
export function sendProblem(
  response: ServerResponse,
  status: number,
  error: unknown,
  headers: Headers = {},
): void {
  const body = problemOf(status, error);
  response.writeHead(status, { ...headersOf(body), ...headers });
  response.end(body);
}

/** The same for a connection whose request could not even be parsed; it is closed. */
export function writeProblem(socket: Duplex, status: number, error: unknown): void {
  const body = problemOf(status, error);
  const headers = Object.entries({ connection: 'close', ...headersOf(body) });
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  socket.end(
    [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'),
    // The other side may never close its half.
    () => socket.destroy(),
  );
}

function problemOf(status: number, error: unknown): string {
  const complaint = error instanceof InputError ? { ...error.complaint, ...error.position } : {};
  return JSON.stringify({ type: 'about:blank', status, detail: messageOf(error), ...complaint });
}

function headersOf(body: string): Headers {
  return {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    ...answerHeaders,
  };
}
