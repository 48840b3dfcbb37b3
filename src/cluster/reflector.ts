import { objectAt, readList, textAt } from './apiObjects.js';
import { backoffMilliseconds } from './backoff.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';
import { type Fault, worsen } from './fault.js';
import type { Timing } from './timing.js';

export interface ReflectorOptions<Value> {
  readonly connection: Pick<ClusterConnection, 'get' | 'watch'>;
  /** Path of the resource, such as `/api/v1/namespaces`. */
  readonly path: string;
  /** Name of the one object to follow; all of them if left out. */
  readonly name?: string;
  readonly timing: Timing;
  /** What is kept of an object. The object itself may be large and is let go at once. */
  readonly read: (object: unknown) => Value;
  /** Told of all that there is; what is not among the values is gone. */
  readonly replace: (values: readonly Value[]) => void;
  readonly upsert: (value: Value) => void;
  readonly remove: (value: Value) => void;
  /** Told of each failure. We go on by ourselves. */
  readonly onFailure?: ((failure: ReadFailure) => void) | undefined;
  /** Told when a watch stands again after failures. */
  readonly onRecovery?: ((fault: Fault) => void) | undefined;
}

/** One try that failed. */
export interface ReadFailure {
  readonly verb: 'get' | 'list' | 'watch';
  readonly error: unknown;
  /** Whether the try before it failed in the same way. */
  readonly isRepeated: boolean;
}

const pageSize = 500;
const listTimeoutMilliseconds = 30_000;
/** How long the API server may take to accept a watch. */
const openMilliseconds = 20_000;
/** After this long a silence a watch is opened anew where it was. Bookmarks come about each minute, so either the
 *  connection is dead, or the resource is quiet and etcd reports no progress (its default is each 10 minutes; then
 *  there are no bookmarks). It costs one request, and the answer shows that the API server is there. */
const silenceMilliseconds = 90_000;
/** However well the watch seems to work: silent stalls have been seen in every client. */
const relistMilliseconds = 600_000;
/** As client-go: between once and twice this, so that not all clients come back at once. */
const watchSeconds = 300;
/** A watch that lived this long was a good one: the next may follow at once. A server that accepts each watch only to
 *  end it never gets to see a flood of them. */
const steadyMilliseconds = 30_000;

/** Why a watch was given up though it did not fail. */
const [relistDue, silence] = [
  new Error('the time for a new list has come'),
  new Error('nothing came any more'),
];

/** Follows one resource of the API server: a list, then a watch, for ever.
 *  An error, a silence or the end of a watch resumes it where it was. A refusal by the API server (410 Gone above
 *  all) and the clock start over with a list. */
export class Reflector<Value> {
  /** Resolves after the first list. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<Value>;
  #lastContact: number;
  #isSynced = false;
  #resolveSynced = () => {};
  #isStopped = false;
  /** Where to resume the watch; undefined asks for a list. */
  #resourceVersion: string | undefined;
  #fault: Fault | undefined;
  #failures = 0;
  #attempt = new AbortController();
  #cancelRelist = () => {};
  #cancelPause = () => {};

  constructor(options: ReflectorOptions<Value>) {
    this.#options = options;
    this.#lastContact = options.timing.now();
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  /** When the API server was last heard from: a list, an accepted watch, an event, a bookmark. At first, when this
   *  was made. */
  get lastContact(): number {
    return this.#lastContact;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Why it cannot be read now; undefined while all is well. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Begins; to be called once. */
  start(): this {
    void this.#run();
    return this;
  }

  /** Ends it for good. Nothing is told any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRelist();
    this.#cancelPause();
    this.#attempt.abort(new Error('stopped'));
  }

  async #run(): Promise<void> {
    const { timing } = this.#options;
    while (!this.#isStopped) {
      this.#attempt = new AbortController();
      let watchedSince = Infinity;
      try {
        this.#resourceVersion ??= await this.#list();
        watchedSince = timing.now();
        await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (this.#isStopped) return;
        if (error instanceof StatusError) this.#resourceVersion = undefined;
        if (!this.#isUsual(error)) {
          this.#noteFailure(watchedSince === Infinity ? 'list' : 'watch', error);
        }
      }
      const isSteady = timing.now() - watchedSince >= steadyMilliseconds;
      this.#failures = isSteady ? 0 : this.#failures + 1;
      await this.#pause();
    }
  }

  /** Whether it is part of the protocol: ours, or 410 Gone where the API server has forgotten what came since. */
  #isUsual(error: unknown): boolean {
    const isFirstExpiry = error instanceof StatusError && error.status === 410 && this.#failures === 0;
    return error === relistDue || error === silence || isFirstExpiry;
  }

  #noteFailure(verb: ReadFailure['verb'], error: unknown): void {
    const [fault, isRepeated] = worsen(this.#fault, error, this.#options.timing.now());
    this.#fault = fault;
    this.#options.onFailure?.({ verb, error, isRepeated });
  }

  #noteRecovery(): void {
    const fault = this.#fault;
    if (fault === undefined) return;
    this.#fault = undefined;
    this.#options.onRecovery?.(fault);
  }

  async #list(): Promise<string> {
    const { connection, path, read } = this.#options;
    const selector = this.#selector();
    this.#cancelRelist();
    const values: Value[] = [];
    let [resourceVersion, continueToken] = ['', ''];
    do {
      const next = continueToken === '' ? '' : `&continue=${encodeURIComponent(continueToken)}`;
      const answer = await connection.get(`${path}?limit=${pageSize}${selector}${next}`, {
        timeoutMilliseconds: listTimeoutMilliseconds,
        signal: this.#attempt.signal,
      });
      this.#attempt.signal.throwIfAborted();
      this.#lastContact = this.#options.timing.now();
      const page = readList(answer);
      for (const item of page.items) values.push(read(item));
      ({ resourceVersion, continueToken } = page);
    } while (continueToken !== '');
    this.#options.replace(values);
    this.#isSynced = true;
    this.#resolveSynced();
    this.#scheduleRelist();
    return resourceVersion;
  }

  #selector(): string {
    const { name } = this.#options;
    return name === undefined ? '' : `&fieldSelector=metadata.name%3D${name}`;
  }

  #scheduleRelist(): void {
    const { timing } = this.#options;
    // Up to a tenth earlier, so that the lists of several resources and replicas drift apart.
    const delayMilliseconds = relistMilliseconds * (1 - 0.1 * timing.random());
    this.#cancelRelist = timing.after(delayMilliseconds, () => {
      this.#resourceVersion = undefined;
      this.#attempt.abort(relistDue);
    });
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { connection, path, timing } = this.#options;
    const attempt = this.#attempt;
    const abortAfter = (milliseconds: number, reason: Error) =>
      timing.after(milliseconds, () => attempt.abort(reason));
    const unanswered = new Error(
      `watch ${path}: expected an answer within ${openMilliseconds} ms, found none`,
    );
    let cancelAbort = abortAfter(openMilliseconds, unanswered);
    const hear = () => {
      this.#lastContact = timing.now();
      this.#noteRecovery();
      cancelAbort();
      cancelAbort = abortAfter(silenceMilliseconds, silence);
    };
    const onEvent = (event: unknown) => {
      hear();
      this.#take(event);
    };
    const timeoutSeconds = Math.round(watchSeconds * (1 + timing.random()));
    const since = `watch=true&resourceVersion=${resourceVersion}&allowWatchBookmarks=true`;
    try {
      await connection.watch(
        `${path}?${since}${this.#selector()}&timeoutSeconds=${timeoutSeconds}`,
        onEvent,
        {
          signal: attempt.signal,
          onOpen: hear,
        },
      );
    } finally {
      cancelAbort();
    }
  }

  #take(event: unknown): void {
    const { path, read, upsert, remove } = this.#options;
    const item = objectAt(event, 'object');
    const type = textAt(event, 'type');
    if (type === 'ERROR') {
      const code = typeof item.code === 'number' ? item.code : 0;
      throw new StatusError(`watch ${path}`, code, textAt(item, 'message'));
    }
    if (type === 'ADDED' || type === 'MODIFIED') upsert(read(item));
    if (type === 'DELETED') remove(read(item));
    const resourceVersion = textAt(objectAt(item, 'metadata'), 'resourceVersion');
    if (resourceVersion !== '') this.#resourceVersion = resourceVersion;
  }

  #pause(): Promise<void> {
    if (this.#failures === 0 || this.#isStopped) return Promise.resolve();
    const { timing } = this.#options;
    return new Promise((resolve) => {
      this.#cancelPause = timing.after(backoffMilliseconds(this.#failures, timing.random()), resolve);
    });
  }
}
