import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Complaint, InputError } from '../errors.js';
import { sendProblem } from './problem.js';

/** A request that cannot be served, whatever its body says; `status` is the HTTP status. */
export class RequestError extends InputError {
  readonly code = 'request';
  readonly status: number;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>> = {};

  constructor(status: number, complaint: Complaint) {
    super(complaint);
    this.status = status;
  }
}

/** Most that is read of a request that was refused, in bytes. */
const maxDiscardedBytes = 64 * 1024 * 1024;

/** Refuses a request, of which not all may have come. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: RequestError,
  headers: Readonly<Record<string, string>> = {},
): void {
  discardRest(request, (hasEnded) => {
    if (!hasEnded) response.setHeader('connection', 'close');
    sendProblem(response, error.status, error, { ...error.headers, ...headers });
  });
}

/** Reads what is left of a request and forgets it, then calls back: who is still sending might not come to read an
 *  answer. Where there is no end to it, it calls back as well, with false. */
function discardRest(request: IncomingMessage, done: (hasEnded: boolean) => void): void {
  if (request.readableEnded) return done(true);
  let bytes = 0;
  const onEnd = () => done(true);
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxDiscardedBytes) return;
    request.off('data', onData).off('end', onEnd);
    done(false);
  };
  request.on('data', onData).on('end', onEnd);
  // A caller that went away needs no answer.
  request.on('error', () => undefined);
}
