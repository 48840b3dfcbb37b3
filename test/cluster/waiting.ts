import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** 30 if left out. */
  timeoutSeconds?: number;
  /** Asked before each try; a text ends the waiting at once and becomes part of the error. */
  failure?: () => string | undefined;
}

const pauseMilliseconds = 50;

/** Tries until the probe holds. A probe that throws has not succeeded yet; its last error becomes the cause.
 *  @throws Error that says what was waited for, after the timeout or as soon as `failure` gives a text */
export async function waitUntil(
  what: string,
  probe: () => Promise<boolean>,
  { timeoutSeconds = 30, failure = () => undefined }: WaitOptions = {},
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  let cause: unknown;
  while (performance.now() < deadline) {
    const failed = failure();
    if (failed !== undefined) throw new Error(`${what}: expected to come, but ${failed}`);
    try {
      if (await probe()) return;
    } catch (error) {
      cause = error;
    }
    await delay(pauseMilliseconds);
  }
  throw new Error(`${what}: expected within ${timeoutSeconds} s, found nothing.`, { cause });
}
