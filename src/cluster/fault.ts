import { messageOf } from '../errors.js';
import { codeOf, StatusError } from './exchange.js';

/** Failures in a row, with no success in between. */
export interface Fault {
  /** The last one. */
  readonly error: unknown;
  readonly failures: number;
  /** When the first one came, in milliseconds. */
  readonly since: number;
}

/** The fault after one more failure, and whether that is no news: the one before had the same cause. */
export function worsen(fault: Fault | undefined, error: unknown, now: number): [Fault, isRepeated: boolean] {
  if (fault === undefined) return [{ error, failures: 1, since: now }, false];
  const isRepeated = causeOf(fault.error) === causeOf(error);
  return [{ error, failures: fault.failures + 1, since: fault.since }, isRepeated];
}

/** What two failures of one cause have in common: their texts may differ in numbers. */
function causeOf(error: unknown): unknown {
  if (error instanceof StatusError) return error.status;
  return codeOf(error) || messageOf(error);
}
