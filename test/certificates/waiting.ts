import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the statement holds, by asking again and again.
 *  @throws Error that says what was waited for, after a limit that only a hung test reaches */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (holds()) return;
    await delay(10);
  }
  throw new Error(`${what}: expected to come true, found it did not`);
}
