/** Longest text that is remembered, in characters: some come from whoever sends a request, as long as they like. */
const maxLength = 1024;

/** Remembers what follows from a text. The same few come again and again; a stream of made-up ones cannot fill the
 *  memory, since all is forgotten at the given number, and long ones are not kept. */
export class Memo<Value> {
  readonly #known = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** What is remembered of the text, or what `make` gives now. */
  of(text: string, make: (text: string) => Value): Value {
    if (text.length > maxLength) return make(text);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const value = make(text);
    if (this.#known.size >= this.#most) this.#known.clear();
    this.#known.set(text, value);
    return value;
  }
}
