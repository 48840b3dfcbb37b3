/** Longest text that is remembered, in characters: some come from whoever sends a request, as long as they like. */
const maxLength = 1024;

/** Remembers what follows from a text, from the second time on that it comes: the same few come again and again, and to
 *  remember the many that come once costs more than it gains. Made-up ones cannot fill the memory, since all is forgotten
 *  at the given number, and long ones are not kept. */
export class Memo<Value extends object | bigint> {
  /** Null where the text came once. */
  readonly #known = new Map<string, Value | null>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** What is remembered of the text, or what `make` gives now; `share` is called with what is remembered from now on. */
  of<Made extends Value | undefined>(
    text: string,
    make: (text: string) => Made,
    share?: (value: Value) => Value,
  ): Value | Made {
    if (text.length > maxLength) return make(text);
    const known = this.#known.get(text);
    if (known != null) return known;
    const value = make(text);
    if (known === undefined) {
      if (this.#known.size >= this.#most) this.#known.clear();
      this.#known.set(text, null);
    } else if (value !== undefined) {
      const shared = share === undefined ? value : share(value);
      this.#known.set(text, shared);
      return shared;
    }
    return value;
  }
}
