import { RequestError } from './refusal.js';

/** How long the reviews that arrive in one turn of the event loop may take, from the arrival of the first to the last
 *  that is worked on. One that just missed a turn waits for two, and still has its answer in half of the 2 s that the
 *  API server gives us. */
const turnMilliseconds = 400;

/** As long is worked on them in any case: where it took all that time to read them, some are to be answered. */
const leastMilliseconds = 200;

/** So many are answered whatever the clock says: a process that the machine has put aside for a while is not to take
 *  that for a flood. */
export const leastReviews = 32;

/** When no more work on the reviews of a turn may begin, which arrived from `since` on; both on one clock. */
export function deadlineOf(since: number, now: number): number {
  return Math.max(since + turnMilliseconds, now + leastMilliseconds);
}

/** There is no room or time for the request. The API server's client waits as long as the answer says and asks once
 *  more, which may lead it to another replica. */
export class OverloadError extends RequestError {
  override readonly headers = { 'retry-after': '1' };

  /** @param expected what there would be room or time for */
  constructor(expected: string) {
    super(429, { where: 'load', expected, found: 'more', advice: 'ask again, or run more replicas' });
  }
}

/** There was no time for it. */
export const outOfTime = new OverloadError(`reviews that can be answered within ${turnMilliseconds} ms`);

/** There was no room for its body. */
export const outOfMemory = new OverloadError('bodies that there is memory for');
