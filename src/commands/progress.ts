import type { Output } from './streams.js';

/** Tells on a terminal how far a long run is, in one line that is gone when it ends. */
export interface Progress {
  /** `podtemper: hardening 512 of 1096 files` */
  step(doing: string, done: number, total: number, things?: string): void;
  /** Takes the line away. */
  end(): void;
}

/** How long nothing is said, so that what is quick leaves no flicker, in milliseconds. */
const patience = 300;
/** Least time between two drawings, in milliseconds. */
const pause = 100;

const eraseLine = '\r\u001B[K';

/** Progress on the error stream; none where that is no terminal, or one that cannot erase. */
export function progressOn(stderr: Output): Progress {
  if (stderr.isTTY !== true || process.env.TERM === 'dumb') return silent;
  let next = Date.now() + patience;
  let isDrawn = false;
  return {
    step(doing, done, total, things = 'files') {
      const now = Date.now();
      if (now < next) return;
      next = now + pause;
      isDrawn = true;
      stderr.write(`${eraseLine}podtemper: ${doing} ${done} of ${total} ${things}`);
    },
    end() {
      if (isDrawn) stderr.write(eraseLine);
      isDrawn = false;
    },
  };
}

const silent: Progress = { step: () => undefined, end: () => undefined };
