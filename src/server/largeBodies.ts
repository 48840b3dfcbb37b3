import type { ServerResponse } from 'node:http';

/** Bounds the memory for large bodies. Small ones, and those that come in one part, are bounded by the connections. */
export class LargeBodies {
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #held = new WeakMap<ServerResponse, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Makes room for a part of the request that the response belongs to, until that is over; false where there is none. */
  take(response: ServerResponse, bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    const held = this.#held.get(response);
    this.#held.set(response, (held ?? 0) + bytes);
    if (held === undefined)
      response.once('close', () => {
        this.#bytes -= this.#held.get(response) ?? 0;
      });
    return true;
  }
}
