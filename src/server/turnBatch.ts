/** Gathers what arrives in one turn of the event loop and hands it over at its end, all at once. Work that is done
 *  one after the other finds its code and data in the processor's caches; between two requests, reading, decrypting
 *  and writing would have pushed them out (docs/decisions/0005). */
export class TurnBatch<Item> {
  #items: Item[] = [];
  #since = 0;
  readonly #handle: (items: readonly Item[], since: number) => void;
  readonly #now: () => number;

  /** @param handle told as well when the first of them arrived, by the clock `now` */
  constructor(handle: (items: readonly Item[], since: number) => void, now: () => number) {
    this.#handle = handle;
    this.#now = now;
  }

  add(item: Item): void {
    if (this.#items.push(item) > 1) return;
    this.#since = this.#now();
    setImmediate(this.#handOver);
  }

  readonly #handOver = (): void => {
    const items = this.#items;
    this.#items = [];
    this.#handle(items, this.#since);
  };
}
