import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Endpoint } from '../admission/endpoints.js';
import type { ReviewService } from '../admission/service.js';
import type { Certificate } from '../certificates/source.js';
import { ReviewError } from '../errors.js';
import { answerHeaders } from './answerHeaders.js';
import { readBody } from './body.js';
import { answerBrokenRequests, requireHost } from './brokenRequests.js';
import {
  askForCertificate,
  type CallerCheck,
  callerCheck,
  callerOptions,
  type CallerRules,
} from './callers.js';
import { limitConnections } from './connectionLimit.js';
import { readAfterwards } from './largeAnswer.js';
import { LargeBodies } from './largeBodies.js';
import { deadlineOf, leastReviews, OverloadError, outOfMemory, outOfTime } from './overload.js';
import { sendProblem } from './problem.js';
import { refuse, RequestError } from './refusal.js';
import { TurnBatch } from './turnBatch.js';

/** Largest review accepted, in bytes: the API server takes requests of 3 MiB, which grow when written as JSON, and
 *  an update carries two objects. */
export const maxBodyBytes = 16 * 1024 * 1024;

export interface AdmissionServerOptions {
  readonly certificate: Certificate;
  /** Answers in ASCII. */
  readonly service: Pick<ReviewService, 'answer'>;
  /** Who may send reviews; anybody if left out. */
  readonly callers?: CallerRules;
  /** Told why a review was refused unread. */
  readonly onStranger?: (refusal: Error) => void;
  /** What answers everything else. */
  readonly fallback: RequestListener;
  /** Called with what no one foresaw. */
  readonly onError: (error: unknown) => void;
  readonly isDraining: () => boolean;
  /** Told how many reviews of one turn there was no time for. */
  readonly onOverload: (reviews: number) => void;
  readonly timeouts?: Timeouts;
  /** 4000 if left out: more than the requests that a few API servers have under way, and some 150 MiB. */
  readonly maxConnections?: number;
  /** Most that all bodies of several parts may hold together, in bytes; 64 MiB if left out, which is four of the
   *  largest, and fits into the chart's memory limit beside the connections. */
  readonly maxHeldBytes?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

const defaultConnections = 4000;
const defaultHeldBytes = 64 * 1024 * 1024;

/** How long a caller may take, in milliseconds. */
export interface Timeouts {
  readonly handshake: number;
  /** From the opening of the connection, or the first byte of a later request. */
  readonly headers: number;
  /** The same, for headers and body. */
  readonly request: number;
  /** Between two requests. */
  readonly idle: number;
  /** How often the two before are looked after. */
  readonly check: number;
}

const defaultTimeouts: Timeouts = {
  handshake: 10_000,
  headers: 20_000,
  request: 30_000,
  // Longer than the API server keeps an idle connection (90 s), so that it is never the one to find it closed.
  idle: 120_000,
  check: 5000,
};

/** The HTTPS server for the API server: reviews are answered here, in front of Express, which would cost a third of
 *  the throughput. */
export function createAdmissionServer(options: AdmissionServerOptions): Server {
  const { certificate, callers, fallback } = options;
  const { timeouts = defaultTimeouts, maxConnections = defaultConnections } = options;
  const { maxHeldBytes = defaultHeldBytes, now = () => performance.now() } = options;
  const batch = new TurnBatch<Review>((reviews, since) => answerAll({ reviews, since, now }, options), now);
  const isStranger = callers === undefined ? () => undefined : callerCheck(callers);
  const inbox = { batch, largeBodies: new LargeBodies(maxHeldBytes), isStranger };
  const server = createServer(
    {
      ...tlsOptionsOf(certificate, callers),
      ...(callers !== undefined && askForCertificate),
      handshakeTimeout: timeouts.handshake,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.idle,
      connectionsCheckingInterval: timeouts.check,
      requireHostHeader: false,
    },
    requireHost((request, response) => {
      const endpoint = endpointOf(request.url);
      if (endpoint === undefined) fallback(request, response);
      else receive(request, response, endpoint, inbox, options);
    }),
  );
  answerBrokenRequests(server);
  limitConnections(server, maxConnections);
  return server;
}

/** Certificate and key as node:tls takes them, at the start and at each change. */
export function tlsOptionsOf({ cert, key }: Certificate, callers?: CallerRules): SecureContextOptions {
  // Repeated at each change: a server forgets what it is not told again.
  return { cert, key, minVersion: 'TLSv1.2', ...callerOptions(callers) };
}

function endpointOf(url: string | undefined): Endpoint | undefined {
  if (isPath(url, '/mutate')) return 'mutate';
  return isPath(url, '/validate') ? 'validate' : undefined;
}

/** The API server always adds a query, such as `?timeout=10s`. */
function isPath(url: string | undefined, path: string): boolean {
  return (
    url !== undefined && url.startsWith(path) && (url.length === path.length || url[path.length] === '?')
  );
}

/** A review that has arrived, and where its answer goes. */
interface Review {
  readonly endpoint: Endpoint;
  readonly body: string;
  readonly response: ServerResponse;
}

/** Where reviews go, and what they may hold until they are whole. */
interface Inbox {
  readonly batch: TurnBatch<Review>;
  readonly largeBodies: LargeBodies;
  readonly isStranger: CallerCheck;
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: Endpoint,
  { batch, largeBodies, isStranger }: Inbox,
  { isDraining, onOverload, onStranger }: AdmissionServerOptions,
): void {
  if (isDraining()) response.setHeader('connection', 'close');
  const stranger = isStranger(request.socket);
  if (stranger !== undefined) {
    onStranger?.(stranger);
    return refuse(request, response, stranger);
  }
  if (request.method !== 'POST') {
    const complaint = { where: 'method', expected: 'POST', found: request.method ?? 'none' };
    return refuse(request, response, new RequestError(405, complaint), { allow: 'POST' });
  }
  const type = request.headers['content-type'];
  if (type !== 'application/json' && !/^application\/json\s*(;|$)/i.test(type ?? '')) {
    const complaint = { where: 'Content-Type', expected: 'application/json', found: type ?? 'nothing' };
    return refuse(request, response, new RequestError(415, complaint));
  }
  const hasRoom = (bytes: number) => largeBodies.take(response, bytes);
  readBody(request, { maxBytes: maxBodyBytes, hasRoom }, (refusal, body) => {
    if (refusal === undefined) return batch.add({ endpoint, body, response });
    if (refusal === outOfMemory) onOverload(1);
    refuse(request, response, refusal);
  });
}

/** The reviews of one turn, of which the first arrived at `since`. */
interface Turn {
  readonly reviews: readonly Review[];
  readonly since: number;
  readonly now: () => number;
}

/** What becomes of a review; nothing where its caller has gone. */
type Answer = string | Promise<string> | Fault | OverloadError | undefined;

/** First all answers, then all the writing, for the same reason that they come as a batch. */
function answerAll({ reviews, since, now }: Turn, options: AdmissionServerOptions): void {
  const deadline = deadlineOf(since, now());
  const answers: Answer[] = [];
  let begun = 0;
  let refused = 0;
  for (const { endpoint, body, response } of reviews) {
    if (response.req.socket.destroyed) answers.push(undefined);
    else if (refused > 0 || (begun >= leastReviews && now() >= deadline)) {
      refused += 1;
      answers.push(outOfTime);
    } else {
      begun += 1;
      answers.push(attempt(() => options.service.answer(body, endpoint)));
    }
  }
  for (const [index, { response }] of reviews.entries()) send(response, answers[index], options);
  if (refused > 0) options.onOverload(refused);
}

function send(response: ServerResponse, answer: Answer, options: AdmissionServerOptions): void {
  if (typeof answer === 'string') sendReview(response, answer);
  else if (answer instanceof Promise) {
    answer
      .then((text) => sendReview(response, text))
      .catch((error: unknown) => fail(response, error, options));
  } else if (answer instanceof OverloadError) sendProblem(response, answer.status, answer, answer.headers);
  else if (answer !== undefined) fail(response, answer.fault, options);
}

interface Fault {
  readonly fault: unknown;
}

/** What it returns, or what it throws. */
function attempt<T>(work: () => T): T | Fault {
  try {
    return work();
  } catch (error) {
    return { fault: error };
  }
}

/** As a list, which takes less time than an object: they are written for each review. */
const reviewHeaders = [
  'content-type',
  'application/json',
  ...Object.entries(answerHeaders).flat(),
  'content-length',
];

function sendReview(response: ServerResponse, answer: string): void {
  const { length } = answer;
  readAfterwards(response, length);
  response.writeHead(200, [...reviewHeaders, String(length)]);
  // Of ASCII, so that it is copied as it is: for UTF-8 each character would be looked at.
  response.end(answer, 'latin1');
}

function fail(response: ServerResponse, error: unknown, { onError }: AdmissionServerOptions): void {
  if (error instanceof ReviewError) return sendProblem(response, error.status, error);
  onError(error);
  sendProblem(response, 500, new Error('an error in podtemper itself; see its log'));
}
