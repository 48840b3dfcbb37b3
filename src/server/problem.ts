import type { ServerResponse } from 'node:http';
import { InputError, messageOf } from '../errors.js';

/** Ends the response with a problem (RFC 9457): status, and for bad input where, expected, found and advice. */
export function sendProblem(
  response: ServerResponse,
  status: number,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const complaint = error instanceof InputError ? { ...error.complaint, ...error.position } : {};
  const body = JSON.stringify({ type: 'about:blank', status, detail: messageOf(error), ...complaint });
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(body);
}
