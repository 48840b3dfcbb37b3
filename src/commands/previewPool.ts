import { fileURLToPath } from 'node:url';
import type { Pool } from 'workerpool';
import { type Complaint, InputError, type Position } from '../errors.js';
import { OverloadError } from '../server/overload.js';
import { RequestError } from '../server/refusal.js';
import type { PreviewJob, PreviewOutcome } from './previewAnswer.js';

/** What a worker answers: an outcome, or what is wrong with the input. */
export type PreviewReply =
  | PreviewOutcome
  | { readonly kind: 'refused'; readonly complaint: Complaint; readonly position: Position | undefined };

/** What previews may take. */
export interface PreviewLimits {
  /** Longest time of one, in milliseconds. */
  readonly milliseconds: number;
  /** Memory for one, in MiB. */
  readonly mebibytes: number;
  /** Most that wait for their turn. */
  readonly waiting: number;
  /** How long the thread is kept for the next one, in milliseconds. */
  readonly idleMilliseconds: number;
}

// With what the webhook itself takes, the memory stays below the limit that the chart sets.
const usualLimits: PreviewLimits = {
  milliseconds: 10_000,
  mebibytes: 192,
  waiting: 16,
  idleMilliseconds: 30_000,
};

/** Input that a preview was refused for. */
class PreviewError extends InputError {
  readonly code = 'preview';
}

/** A thread for previews, apart from the one that answers reviews: however large or hostile a preview is, it takes the
 *  time and memory of that thread, and ends with it (docs/decisions/0021). There is none until somebody asks. */
export class PreviewPool {
  readonly #file: string;
  readonly #limits: PreviewLimits;
  #pool: Promise<Pool> | undefined;
  #running = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param file the bundle of the worker */
  constructor(file: URL, limits: Partial<PreviewLimits> = {}) {
    this.#file = fileURLToPath(file);
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Rejects with an InputError for bad input, with a RequestError where it takes too much. */
  readonly answer = async (job: PreviewJob): Promise<PreviewOutcome> => {
    this.#running++;
    clearTimeout(this.#idle);
    try {
      return accept(await this.#run(job));
    } finally {
      this.#running--;
      if (this.#running === 0)
        this.#idle = setTimeout(() => this.close(), this.#limits.idleMilliseconds).unref();
    }
  };

  /** Ends the thread. The next preview starts another. */
  close(): void {
    clearTimeout(this.#idle);
    const pool = this.#pool;
    this.#pool = undefined;
    // One that cannot be ended would have been ended by its limits.
    void pool?.then((opened) => opened.terminate(true)).catch(() => undefined);
  }

  async #run(job: PreviewJob): Promise<PreviewReply> {
    const { waiting, milliseconds } = this.#limits;
    const pool = await (this.#pool ??= openPool(this.#file, this.#limits));
    if (pool.stats().pendingTasks >= waiting) throw new OverloadError(`${waiting} previews that wait`);
    try {
      return (await pool.exec('answer', [job]).timeout(milliseconds)) as PreviewReply;
    } catch (error) {
      throw excess(error, this.#limits) ?? error;
    }
  }
}

function accept(reply: PreviewReply): PreviewOutcome {
  if (reply.kind === 'refused') throw new PreviewError(reply.complaint, reply.position);
  return reply;
}

async function openPool(file: string, { mebibytes }: PreviewLimits): Promise<Pool> {
  const { default: workerpool } = await import('workerpool');
  return workerpool.pool(file, {
    workerType: 'thread',
    minWorkers: 0,
    maxWorkers: 1,
    // What does not listen is ended all the same.
    workerTerminateTimeout: 100,
    workerThreadOpts: { resourceLimits: { maxOldGenerationSizeMb: mebibytes, maxYoungGenerationSizeMb: 8 } },
  });
}

/** What is said of a preview that took too much time, or the memory of its thread; undefined for a fault of ours. */
function excess(error: unknown, { milliseconds, mebibytes }: PreviewLimits): RequestError | undefined {
  // Not `instanceof`: the error of a thread comes from another realm.
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: string } };
  const isTooLong = name === 'TimeoutError';
  const isTooMuch = cause?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!isTooLong && !isTooMuch) return undefined;
  const most = isTooLong ? `${milliseconds / 1000} s` : `${mebibytes} MiB of memory`;
  const expected = `a preview that takes ${most} at most`;
  const advice = 'send fewer objects at a time, or use podtemper preview';
  return new RequestError(413, { where: 'body', expected, found: 'more', advice });
}
