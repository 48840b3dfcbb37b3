import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type Answer, send } from '../server/client.js';
import type { Serving } from '../server/program.js';
import { openRaw, type RawAnswer } from '../server/rawConnection.js';
import type { Attempt } from './attempts.js';
import { checkNoFault, checkPreviewAnswer, checkProblem, checkReviewAnswer, Finding } from './checks.js';
import { Random } from './random.js';
import { truncated, flippedBits, insertedBytes, removedBytes } from './mutations.js';

/** Longest time for an answer, in milliseconds, which only one that never comes takes. */
const patience = 120_000;

/** A running program, its connections kept open, and what must be true of each of its answers. */
export class FuzzTarget {
  readonly #program: Serving;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(program: Serving) {
    this.#program = program;
  }

  /** Sends it and looks at the answer; gives the status.
   *  @throws Finding where something is wrong with it */
  async try(attempt: Attempt, seed: number): Promise<number> {
    if (attempt.to === 'review') return this.#review(attempt);
    if (attempt.to === 'preview') return this.#preview(attempt);
    return attempt.to === 'pipeline' ? this.#pipeline(attempt) : this.#raw(attempt, new Random(seed));
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The text of the answer to a review that nothing is wrong with. */
  async answerTo(body: string): Promise<string> {
    return (await send(this.#program, { body, agent: this.#agent })).text;
  }

  async #review(attempt: Attempt): Promise<number> {
    const { method, path, headers } = attempt;
    const sent = send(this.#program, { method, path, headers, body: bodyOf(attempt), agent: this.#agent });
    const answer = await answered(sent);
    const mayRefuse = path.startsWith('/validate');
    if (isUsual(attempt) || answer.status === 200) checkReviewAnswer(attempt.body, answer, mayRefuse);
    else checkProblem(answer);
    return answer.status;
  }

  async #preview({ body, headers, method, path }: Attempt): Promise<number> {
    const answer = await answered(this.#sendPreview(body, headers, method, path));
    checkPreviewAnswer(answer);
    return answer.status;
  }

  async #sendPreview(
    body: Buffer,
    headers: Attempt['headers'],
    method: string,
    path: string,
  ): Promise<Answer> {
    const url = `${this.#program.operationsUrl}${path}`;
    const told = { 'content-length': String(body.length), ...headers };
    const sent = httpRequest(url, { method, headers: told, agent: false });
    const response = once(sent, 'response');
    sent.on('error', () => undefined);
    sent.end(body);
    const [message] = (await response) as [IncomingMessage];
    return { status: message.statusCode ?? 0, headers: message.headers, text: await text(message) };
  }

  /** The body three times on one connection, in one write: three answers, in order. */
  async #pipeline({ body }: Attempt): Promise<number> {
    const connection = await openRaw(this.#program);
    const head = `POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const one = Buffer.concat([Buffer.from(head), body]);
    connection.write(Buffer.concat([one, one, one]));
    const answers = await answered(connection.answers(3));
    connection.socket.destroy();
    for (const answer of answers) checkReviewAnswer(body, answer);
    return statusOf(answers);
  }

  /** HTTP that is broken itself: every answer that comes is one, and the connection comes to an end. */
  async #raw({ body }: Attempt, random: Random): Promise<number> {
    const connection = await openRaw(this.#program);
    const head = `POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const mutation = random.pick([truncated, flippedBits, insertedBytes, removedBytes]);
    const whole = Buffer.from(head);
    connection.socket.end(
      Buffer.concat([mutation(whole, random), body.subarray(0, random.below(body.length + 1))]),
    );
    const answers = await answered(connection.untilClosed());
    for (const answer of answers) checkNoFault(answer);
    return statusOf(answers);
  }
}

/** Whether the body alone decides about the answer. */
function isUsual({ headers, method, path }: Attempt): boolean {
  const { 'content-type': type, ...others } = headers;
  return (
    type === 'application/json' &&
    Object.keys(others).length === 0 &&
    method === 'POST' &&
    (path.startsWith('/mutate?') || path.startsWith('/validate?'))
  );
}

function bodyOf({ body, chunkBytes }: Attempt): Buffer | Buffer[] {
  if (chunkBytes === undefined) return body;
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; start += chunkBytes)
    chunks.push(body.subarray(start, start + chunkBytes));
  return chunks;
}

function statusOf(answers: readonly RawAnswer[]): number {
  return answers.at(-1)?.status ?? 0;
}

/** The answer in time, or the finding that there is none. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Finding(`no answer in ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([answer, hung]);
  } catch (error) {
    throw error instanceof Finding ? error : new Finding(`no answer: ${String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
