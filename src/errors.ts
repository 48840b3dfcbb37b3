import { shorten } from './shorten.js';

/** The parts of a message that a person can act on. */
export interface Complaint {
  /** Where it is: a field path, a flag, a file. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** A place in a text, both numbers from 1. */
export interface Position {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

/** An error of the input, not of ours: it says where, what was expected, what was found and what to do. */
export abstract class InputError extends Error {
  abstract readonly code: string;
  readonly complaint: Complaint;
  readonly position: Position | undefined;

  constructor(complaint: Complaint, position?: Position, options?: ErrorOptions) {
    const readable = {
      ...complaint,
      where: shorten(complaint.where, maxPart),
      found: shorten(complaint.found, maxPart),
    };
    super(describeComplaint(readable, position), options);
    this.name = new.target.name;
    this.complaint = readable;
    this.position = position;
  }
}

/** A policy document that cannot be used. */
export class PolicyError extends InputError {
  readonly code = 'policy';
}

/** A request to the webhook that is not an AdmissionReview we can answer, or whose pod is none; `status` is the HTTP
 *  status. */
export class ReviewError extends InputError {
  readonly code = 'review';
  readonly status: number;

  constructor(complaint: Complaint, status = 400) {
    super(complaint);
    this.status = status;
  }
}

/** A manifest that cannot be read. */
export class ManifestError extends InputError {
  readonly code = 'manifest';
}

/** A certificate or key that cannot serve. */
export class CertificateError extends InputError {
  readonly code = 'certificate';
}

/** A flag, an argument or an environment variable that cannot be used. */
export class UsageError extends InputError {
  readonly code = 'usage';
}

/** A cluster that cannot be reached, or refuses to be read. */
export class ClusterError extends InputError {
  readonly code = 'cluster';
}

/** Longest part that the input has a say in, in characters: more nobody reads. */
const maxPart = 500;

/** `file:line:column: where: expected …, found …; advice`. */
function describeComplaint(complaint: Complaint, position?: Position): string {
  const place = position ? `${position.file ?? 'input'}:${position.line}:${position.column}: ` : '';
  const advice = complaint.advice === undefined ? '' : `; ${complaint.advice}`;
  return `${place}${complaint.where}: expected ${complaint.expected}, found ${complaint.found}${advice}`;
}

/** What went wrong, in words, of anything that was thrown. */
export function messageOf(error: unknown): string {
  // What node:net throws where a name has several addresses: a cause for each, and no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  // Not `instanceof`: an error may come from another realm.
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
