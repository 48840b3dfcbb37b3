import type { IncomingMessage } from 'node:http';
import { ReviewError } from '../errors.js';

/** Calls back with the request's body as text, or with the error that keeps it from being one. Once. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (error: ReviewError | undefined, body: string) => void,
): void {
  const refusal = refuseByHeaders(request, maxBytes);
  if (refusal !== undefined) return done(refusal, '');
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  let isDone = false;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (isDone) return;
    if (bytes > maxBytes) {
      isDone = true;
      done(tooLarge(maxBytes, `at least ${bytes} bytes`), '');
    } else if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (isDone) return;
    isDone = true;
    const whole = more === undefined ? first : Buffer.concat(more, bytes);
    done(undefined, whole === undefined ? '' : whole.toString('utf8'));
  });
  // A caller that went away needs no answer.
  request.on('error', () => {
    isDone = true;
  });
}

function refuseByHeaders({ headers }: IncomingMessage, maxBytes: number): ReviewError | undefined {
  const type = headers['content-type'];
  if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
    return new ReviewError(
      { where: 'Content-Type', expected: 'application/json', found: type ?? 'nothing' },
      415,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const advice = 'send the body as it is: the API server never compresses it';
    return new ReviewError({ where: 'Content-Encoding', expected: 'none', found: encoding, advice }, 415);
  }
  const length = Number(headers['content-length'] ?? 0);
  return length > maxBytes ? tooLarge(maxBytes, `${length} bytes`) : undefined;
}

function tooLarge(maxBytes: number, found: string): ReviewError {
  return new ReviewError({ where: 'body', expected: `at most ${maxBytes} bytes`, found }, 413);
}
