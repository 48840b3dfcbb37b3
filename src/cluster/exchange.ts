import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';

/** The API server answered, but not with 200 or 201. */
export class StatusError extends Error {
  /** HTTP status, or the code of a Status object within a watch. */
  readonly status: number;

  constructor(where: string, status: number, reason: string) {
    super(`${where}: expected status 200, found ${status}: ${reason}`);
    this.name = 'StatusError';
    this.status = status;
  }
}

/** The response to a request that was answered with 200 or 201; its body is still to be read. A GET if the options
 *  name no other method.
 *  @throws StatusError on any other status, and what node:http throws */
export async function openResponse(
  url: URL,
  options: RequestOptions,
  signal: AbortSignal,
  body?: string,
): Promise<IncomingMessage> {
  const response = await send(url, { ...options, signal }, body);
  if (response.statusCode === 200 || response.statusCode === 201) return response;
  const reason = describeAnswer(await readText(response));
  throw new StatusError(`${options.method ?? 'GET'} ${url.href}`, response.statusCode ?? 0, reason);
}

const connectionLost = new Set(['ECONNRESET', 'EPIPE']);

async function send(url: URL, options: RequestOptions, body?: string): Promise<IncomingMessage> {
  for (;;) {
    const outgoing = (url.protocol === 'http:' ? requestHttp : requestHttps)(url, options);
    try {
      return await answerTo(outgoing, body);
    } catch (error) {
      // The server may close a kept connection in the very moment in which we use it again. Once the kept ones are
      // used up, the connection is a new one, so this ends. Whatever is written names the version that it follows, so
      // that it cannot be written twice.
      if (!outgoing.reusedSocket || !connectionLost.has(codeOf(error))) throw error;
    }
  }
}

function answerTo(outgoing: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
}

/** The code of a system error, such as ECONNRESET; an empty text where there is none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** The whole body as text. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: AsyncIterable<string> = response.setEncoding('utf8');
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

/** Hands over each line as soon as it is there. Resolves when the body ends; a last line that was cut is dropped.
 *  node:readline would not do: it also splits at U+2028, which JSON strings may hold.
 *  @throws Error where the connection is cut, and what `onLine` throws; the connection is closed then */
export async function readLines(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  try {
    await splitLines(response, onLine);
  } catch (cause) {
    // Node calls it "aborted", which says nothing to a person.
    if (codeOf(cause) !== 'ECONNRESET') throw cause;
    throw new Error('the API server or something before it cut the connection', { cause });
  }
}

async function splitLines(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  const chunks: AsyncIterable<string> = response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  }
}

/** The message of a Kubernetes Status, or the beginning of what else was answered. */
function describeAnswer(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'message' in answer) return String(answer.message);
  } catch {
    // Not the API server's own answer: a proxy's page, as a rule.
  }
  return text.slice(0, 200);
}
