import { ClusterError, InputError } from '../errors.js';

/** What the program ends with, and what that means. */
export const exitCodes = {
  0: 'fine',
  1: 'what --fail-on names was found, diff found differences, or a fault of podtemper itself',
  2: 'wrong usage, or input that cannot be read',
  3: 'no cluster, or none that may be read',
} as const;

/** What it ends with because of an error, one of Commander's included. */
export function exitCodeOf(error: unknown): keyof typeof exitCodes {
  if (error instanceof ClusterError) return 3;
  if (error instanceof InputError) return 2;
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  return 1;
}
