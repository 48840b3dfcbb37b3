import { StatusError } from '../../cluster/exchange.js';
import { messageOf } from '../../errors.js';
import { found, missing, type Reading, unread } from '../reading.js';

/** What the work gives; missing where the API server answers 404, unread for any other failure. */
export async function attempt<Value>(work: () => Promise<Value>): Promise<Reading<Value>> {
  try {
    return found(await work());
  } catch (error) {
    return error instanceof StatusError && error.status === 404 ? missing : unread(messageOf(error));
  }
}
