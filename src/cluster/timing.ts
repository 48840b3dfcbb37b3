/** Clock, chance and timers as one value, so that tests decide what time it is. */
export interface Timing {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Calls back once, after the delay. What it gives takes the call back. */
  after(delayMilliseconds: number, callback: () => void): () => void;
}

/** The timing of the machine. */
export const systemTiming: Timing = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(delayMilliseconds, callback) {
    const timer = setTimeout(callback, delayMilliseconds);
    return () => clearTimeout(timer);
  },
};
