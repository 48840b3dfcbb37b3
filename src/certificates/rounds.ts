import type { Timing } from '../cluster/timing.js';

/** Does something again and again: whenever it is asked to, and by itself after a while; never twice at a time. */
export class Rounds {
  readonly #round: () => Promise<number>;
  readonly #timing: Pick<Timing, 'after'>;
  #isAsked = false;
  #isRunning = false;
  #isStopped = false;
  #cancelNext = () => {};

  /** @param round what to do; gives the milliseconds until it is to be done again, and never throws */
  constructor(round: () => Promise<number>, timing: Pick<Timing, 'after'>) {
    this.#round = round;
    this.#timing = timing;
  }

  /** Has a round begin now, or after the one that is under way. */
  ask(): void {
    this.#isAsked = true;
    if (!this.#isRunning && !this.#isStopped) void this.#run();
  }

  /** Ends it; a round that is under way is the last one. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelNext();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#cancelNext();
    let pauseMilliseconds = 0;
    while (this.#isAsked && !this.#isStopped) {
      this.#isAsked = false;
      pauseMilliseconds = await this.#round();
    }
    this.#isRunning = false;
    if (!this.#isStopped) this.#cancelNext = this.#timing.after(pauseMilliseconds, () => this.ask());
  }
}
