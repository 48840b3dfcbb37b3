import { waitUntil } from '../cluster/waiting.js';

/** Waits until it holds, for less time than a test may take. */
export function until(what: string, holds: () => boolean): Promise<void> {
  return waitUntil(what, async () => holds(), { timeoutSeconds: 4 });
}
