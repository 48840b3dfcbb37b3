import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { outOfMemory } from './overload.js';
import { RequestError } from './refusal.js';

export interface BodyLimits {
  readonly maxBytes: number;
  /** Asked for each part that a body gets beyond `smallBytes`. */
  readonly hasRoom?: (bytes: number) => boolean;
}

/** What any body may hold: as much as comes in one TLS record, so that the connections bound it. Most reviews are no
 *  larger, though the API server sends them in several parts. */
const smallBytes = 16 * 1024;

/** Calls back with the request's body as text, or with the error that keeps it from being one. Once. */
export function readBody(
  request: IncomingMessage,
  { maxBytes, hasRoom = () => true }: BodyLimits,
  done: (error: RequestError | undefined, body: string) => void,
): void {
  const refusal = refuseByHeaders(request, maxBytes);
  if (refusal !== undefined) return done(refusal, '');
  let first: Buffer | undefined;
  let more: Parts | undefined;
  let bytes = 0;
  let isDone = false;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (isDone) return;
    if (bytes > maxBytes) {
      isDone = true;
      done(tooLarge(maxBytes, `at least ${bytes} bytes`), '');
    } else if (first === undefined) first = chunk;
    else if (bytes <= smallBytes || hasRoom(chunk.length)) (more ??= new Parts(first)).add(chunk);
    else {
      [isDone, more] = [true, undefined];
      done(outOfMemory, '');
    }
  });
  request.on('end', () => {
    if (isDone) return;
    isDone = true;
    const whole = more === undefined ? first : more.whole(bytes);
    const text = whole === undefined ? '' : whole.toString('utf8');
    // Bytes that are no UTF-8 become this character, which may also stand in the body itself.
    if (whole !== undefined && text.includes('\uFFFD') && !isUtf8(whole)) done(notUtf8(), '');
    else done(undefined, text);
  });
  // A caller that went away needs no answer.
  request.on('error', () => {
    isDone = true;
  });
}

/** Parts shorter than this are copied into one: each takes some hundred bytes beside its own, and a caller may send one for
 *  every byte of a body. */
const shortPart = 256;
const tailBytes = 4096;

/** What has come of a body, in memory of about its own size. */
class Parts {
  readonly #parts: Buffer[];
  /** Room for short parts, of which so many bytes are taken. */
  #tail = Buffer.alloc(0);
  #taken = 0;

  constructor(first: Buffer) {
    this.#parts = [first];
  }

  add(part: Buffer): void {
    if (part.length >= shortPart) {
      this.#closeTail();
      this.#parts.push(part);
      return;
    }
    if (this.#taken + part.length > this.#tail.length) {
      this.#closeTail();
      this.#tail = Buffer.allocUnsafe(tailBytes);
    }
    this.#taken += part.copy(this.#tail, this.#taken);
  }

  whole(bytes: number): Buffer {
    this.#closeTail();
    return Buffer.concat(this.#parts, bytes);
  }

  #closeTail(): void {
    if (this.#taken === 0) return;
    this.#parts.push(this.#tail.subarray(0, this.#taken));
    this.#tail = this.#tail.subarray(this.#taken);
    this.#taken = 0;
  }
}

function refuseByHeaders({ headers }: IncomingMessage, maxBytes: number): RequestError | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const advice = 'send the body as it is, uncompressed';
    return new RequestError(415, { where: 'Content-Encoding', expected: 'none', found: encoding, advice });
  }
  const length = Number(headers['content-length'] ?? 0);
  return length > maxBytes ? tooLarge(maxBytes, `${length} bytes`) : undefined;
}

function tooLarge(maxBytes: number, found: string): RequestError {
  return new RequestError(413, { where: 'body', expected: `at most ${maxBytes} bytes`, found });
}

function notUtf8(): RequestError {
  return new RequestError(400, {
    where: 'body',
    expected: 'text in UTF-8',
    found: 'bytes that are no UTF-8',
  });
}
