import type { Calls, ReturnMessage } from './protocol.js';

/** Longest time that one call may take, in milliseconds: what takes longer is given up, and the page stays usable. */
const patience = 15_000;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The engine, as the page calls it. */
export class EngineWorker {
  #worker = this.#start();
  #lastId = 0;
  readonly #pending = new Map<number, Pending>();

  /** @throws Error with the engine's own words, or where it took too long */
  call<Name extends keyof Calls>(name: Name, argument: Calls[Name]['takes']): Promise<Calls[Name]['gives']> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp('this takes too long: it was given up'), patience);
      const settle = () => {
        clearTimeout(timer);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (result) => {
          settle();
          resolve(result as Calls[Name]['gives']);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window's has an origin, a worker's none
      this.#worker.postMessage({ id, name, argument });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('engine.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<ReturnMessage>) => {
      const pending = this.#pending.get(data.id);
      if ('error' in data) pending?.reject(new Error(data.error));
      else pending?.resolve(data.result);
    });
    worker.addEventListener('error', () => this.#giveUp('the engine of the page could not be loaded'));
    return worker;
  }

  #giveUp(reason: string): void {
    this.#worker.terminate();
    this.#worker = this.#start();
    for (const { reject } of this.#pending.values()) reject(new Error(reason));
  }
}
