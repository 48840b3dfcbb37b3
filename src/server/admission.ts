import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { ReviewService } from '../admission/service.js';
import type { Certificate } from '../certificates/source.js';
import { ReviewError } from '../errors.js';
import { readBody } from './body.js';
import { sendProblem } from './problem.js';

/** Largest review accepted, in bytes: the API server takes requests of 3 MiB, which grow when written as JSON, and
 *  an update carries two objects. */
export const maxBodyBytes = 16 * 1024 * 1024;

export interface AdmissionServerOptions {
  readonly certificate: Certificate;
  readonly service: ReviewService;
  /** What answers everything else. */
  readonly fallback: RequestListener;
  /** Called with what no one foresaw. */
  readonly onError: (error: unknown) => void;
  readonly isDraining: () => boolean;
}

/** The HTTPS server for the API server: reviews are answered here, in front of Express, which would cost a third of
 *  the throughput. */
export function createAdmissionServer(options: AdmissionServerOptions): Server {
  const { certificate, fallback } = options;
  const server = createServer(
    { ...tlsOptionsOf(certificate), minVersion: 'TLSv1.2' },
    (request, response) => {
      if (isPath(request.url, '/mutate')) answerReview(request, response, options);
      else fallback(request, response);
    },
  );
  // Longer than the API server keeps an idle connection (90 s), so that it is never the one to find it closed.
  server.keepAliveTimeout = 120_000;
  server.headersTimeout = 20_000;
  server.requestTimeout = 30_000;
  return server;
}

/** Certificate and key as node:tls takes them. */
export function tlsOptionsOf({ cert, key }: Certificate): { cert: string; key: string } {
  return { cert, key };
}

/** The API server always adds a query, such as `?timeout=10s`. */
function isPath(url: string | undefined, path: string): boolean {
  return (
    url !== undefined && url.startsWith(path) && (url.length === path.length || url[path.length] === '?')
  );
}

function answerReview(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdmissionServerOptions,
): void {
  if (options.isDraining()) response.setHeader('connection', 'close');
  if (request.method !== 'POST') {
    request.resume();
    const error = new ReviewError(
      { where: 'method', expected: 'POST', found: request.method ?? 'none' },
      405,
    );
    return sendProblem(response, 405, error, { allow: 'POST' });
  }
  readBody(request, maxBodyBytes, (refusal, body) => {
    if (refusal !== undefined) return refuse(request, response, refusal);
    try {
      const answer = options.service.answer(body);
      if (typeof answer === 'string') sendReview(response, answer);
      else
        answer
          .then((text) => sendReview(response, text))
          .catch((error: unknown) => fail(response, error, options));
    } catch (error) {
      fail(response, error, options);
    }
  });
}

function sendReview(response: ServerResponse, answer: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answer),
  });
  response.end(answer);
}

/** A body that will not be read to its end takes its connection with it. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: ReviewError): void {
  request.resume();
  const headers = refusal.status === 413 ? { connection: 'close' } : undefined;
  sendProblem(response, refusal.status, refusal, headers);
}

function fail(response: ServerResponse, error: unknown, { onError }: AdmissionServerOptions): void {
  if (error instanceof ReviewError) return sendProblem(response, error.status, error);
  onError(error);
  sendProblem(response, 500, new Error('an error in podtemper itself; see its log'));
}
