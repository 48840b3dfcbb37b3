import type { Timing } from '../../src/cluster/timing.js';

interface Timer {
  readonly delayMilliseconds: number;
  readonly due: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeTiming implements Timing {
  /** What `random` gives. */
  chance = 0;
  #now = 0;
  #timers: readonly Timer[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(delayMilliseconds: number, callback: () => void): () => void {
    const timer = { delayMilliseconds, due: this.#now + delayMilliseconds, callback };
    this.#timers = [...this.#timers, timer];
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Delays of the timers that are set, in the order in which they were set. */
  delays(): number[] {
    return this.#timers.map(({ delayMilliseconds }) => delayMilliseconds);
  }

  /** Lets time pass; calls back what has become due. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    for (const { callback } of due) callback();
  }
}
