import { write } from 'node:fs';
import { Writable } from 'node:stream';

/** Lines that may wait for a slow reader. */
const maxWaitingLines = 10_000;

/** How long a full pipe is left alone before the next try, in milliseconds. */
const retryMilliseconds = 10;

/** A stream of lines to a file descriptor that never holds up the event loop: a write to a pipe on stdout is
 *  synchronous in Node, so that a stuck reader would stop the admission path. Lines past a bound are dropped and
 *  counted. */
export class BoundedStream extends Writable {
  readonly #fileDescriptor: number;
  #waiting: string[] = [];
  #isWriting = false;
  #onIdle: (() => void)[] = [];
  /** Lines dropped so far. */
  dropped = 0;

  /** Lines that wait now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  constructor(fileDescriptor: number) {
    super({ decodeStrings: false });
    this.#fileDescriptor = fileDescriptor;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#waiting.length >= maxWaitingLines) this.dropped++;
    else this.#waiting.push(chunk.toString());
    if (!this.#isWriting) this.#writeNext(Buffer.alloc(0));
    done();
  }

  /** Resolves when all lines so far are written, or cannot be. */
  flush(): Promise<void> {
    return this.#isWriting ? new Promise((resolve) => this.#onIdle.push(resolve)) : Promise.resolve();
  }

  #writeNext(rest: Buffer, linesOfRest = 0): void {
    if (rest.length === 0 && this.#waiting.length === 0) return this.#rest();
    this.#isWriting = true;
    const lines = rest.length > 0 ? linesOfRest : this.#waiting.length;
    const batch = rest.length > 0 ? rest : Buffer.from(this.#waiting.join(''));
    if (rest.length === 0) this.#waiting = [];
    write(this.#fileDescriptor, batch, 0, batch.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeNext(batch, lines), retryMilliseconds);
      } else if (error) {
        // Nobody reads any more: there is no place left to say so.
        this.dropped += lines;
        this.#writeNext(Buffer.alloc(0));
      } else {
        this.#writeNext(batch.subarray(written), lines);
      }
    });
  }

  #rest(): void {
    this.#isWriting = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
