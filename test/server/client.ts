import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { reviewOf } from '../admission/reviews.js';

/** An HTTPS server, and how to trust it. */
export interface Target {
  readonly port: number;
  readonly ca: string;
}

type Part = string | Buffer;

/** A request; what is left out is as the API server sends it. */
export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A list is sent in chunks, without a length. */
  readonly body?: Part | readonly Part[];
  /** A connection of its own where there is none. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request over TLS, whose certificate must verify, and gives the whole answer. */
export async function send({ port, ca }: Target, options: Request = {}): Promise<Answer> {
  const { method = 'POST', path = '/mutate?timeout=10s', body = '', agent = false } = options;
  const headers = { 'content-type': 'application/json', ...lengthOf(body), ...options.headers };
  const sent = request({ host: '127.0.0.1', port, ca, agent, method, path, headers });
  const answered = once(sent, 'response');
  // `once` gives the first error; a later one is about a connection that is not needed any more.
  sent.on('error', () => undefined);
  if (typeof body === 'string' || Buffer.isBuffer(body)) sent.end(body);
  else {
    for (const part of body) sent.write(part);
    sent.end();
  }
  const [response] = (await answered) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) };
}

/** Told whatever the method: Node leaves it out for those that seldom have a body, and what follows the head would then
 *  be no request. */
function lengthOf(body: Part | readonly Part[]): Record<string, string> {
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  return isWhole ? { 'content-length': String(Buffer.byteLength(body)) } : { 'transfer-encoding': 'chunked' };
}

/** Sends the review of a pod that is created. */
export function sendReview(target: Target, ...review: Parameters<typeof reviewOf>): Promise<Answer> {
  return send(target, { body: reviewOf(...review) });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
