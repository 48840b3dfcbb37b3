import type { NamespaceFacts } from '../kubernetes.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';
import { type FactFailure, type FactHealth, type FactResource, factResources } from './factResources.js';
import { fetchNamespaceFacts, isNamespaceName } from './fetchNamespaceFacts.js';
import { type KeptObjects, NamespaceCache } from './namespaceCache.js';
import { type Kept, readLimitRange, readNamespace, readResourceQuota } from './namespaceObjects.js';
import { Reflector } from './reflector.js';
import { systemTiming, type Timing } from './timing.js';

export interface NamespaceFactsOptions {
  /** The machine's if left out. */
  readonly timing?: Timing;
  /** Told of each list, watch or fetch that failed. We go on by ourselves. */
  readonly onFailure?: (failure: FactFailure) => void;
  /** Told when a resource is watched again after failures, which began so long ago. */
  readonly onRecovery?: (resource: FactResource, milliseconds: number) => void;
}

/** What the cluster knows of its namespaces, kept up to date. While the API server is away, the last that was known. */
export interface NamespaceFactsSource {
  /** Facts at once, when the cache knows the namespace or it was fetched a moment ago. The SAME object is returned
   *  until something changes (callers cache by identity). Undefined until `ready`, but for what was fetched. */
  get(name: string): NamespaceFacts | undefined;
  /** The labels of all namespaces, as far as they mean something to us; none until `ready`. */
  labels(): Iterable<NamespaceFacts['labels']>;
  /** Facts of a namespace that the cache does not know yet: one GET each for the namespace, its LimitRanges and its
   *  quotas, within the deadline (300 ms if left out); undefined on failure. Concurrent callers share one fetch. What
   *  comes too late for a caller is there for the next one. */
  fetch(name: string, deadlineMilliseconds?: number): Promise<NamespaceFacts | undefined>;
  /** Resolves after the first successful list of all three resources. */
  readonly ready: Promise<void>;
  isReady(): boolean;
  /** Of each of the three. */
  health(): readonly FactHealth[];
  /** Ends the watches, and fetches that are under way. */
  stop(): void;
}

/** Starts following namespaces, LimitRanges and ResourceQuotas; needs get, list and watch on these three. */
export function watchNamespaceFacts(
  connection: Pick<ClusterConnection, 'get' | 'watch'>,
  options: NamespaceFactsOptions = {},
): NamespaceFactsSource {
  return new WatchedNamespaceFacts(connection, options);
}

const defaultDeadlineMilliseconds = 300;
/** Longer than a caller waits: a slow answer serves the next pod of the namespace. */
const fetchTimeoutMilliseconds = 5000;
/** How long what was fetched is remembered: long enough for the watch to bring the namespace, short enough for a
 *  namespace that the watch does not bring. */
const rememberMilliseconds = 5000;

interface Fetched {
  readonly facts: NamespaceFacts;
  readonly until: number;
}

/** A resource that is followed, whatever is kept of its objects. */
type Followed = Pick<Reflector<unknown>, 'synced' | 'isSynced' | 'lastContact' | 'fault' | 'stop'>;

class WatchedNamespaceFacts implements NamespaceFactsSource {
  readonly ready: Promise<void>;
  readonly #connection: Pick<ClusterConnection, 'get' | 'watch'>;
  readonly #timing: Timing;
  readonly #options: NamespaceFactsOptions;
  readonly #reflectors: Readonly<Record<FactResource, Followed>>;
  readonly #cache = new NamespaceCache((name) => this.#fetched.delete(name));
  readonly #fetched = new Map<string, Fetched>();
  readonly #ending = new AbortController();
  readonly #inFlight = new Map<string, Promise<NamespaceFacts | undefined>>();

  constructor(connection: Pick<ClusterConnection, 'get' | 'watch'>, options: NamespaceFactsOptions) {
    this.#connection = connection;
    this.#timing = options.timing ?? systemTiming;
    this.#options = options;
    const { namespaces, limitRanges, resourceQuotas } = this.#cache;
    this.#reflectors = {
      namespaces: this.#follow('namespaces', namespaces, readNamespace),
      limitranges: this.#follow('limitranges', limitRanges, readLimitRange),
      resourcequotas: this.#follow('resourcequotas', resourceQuotas, readResourceQuota),
    };
    this.ready = Promise.all(this.#all().map(({ synced }) => synced)).then(() => undefined);
  }

  get(name: string): NamespaceFacts | undefined {
    const known = this.isReady() ? this.#cache.get(name) : undefined;
    if (known !== undefined) return known;
    const fetched = this.#fetched.get(name);
    return fetched !== undefined && this.#timing.now() < fetched.until ? fetched.facts : undefined;
  }

  *labels(): Generator<NamespaceFacts['labels']> {
    if (!this.isReady()) return;
    for (const { labels } of this.#cache.namespaces.all()) yield labels;
  }

  async fetch(
    name: string,
    deadlineMilliseconds = defaultDeadlineMilliseconds,
  ): Promise<NamespaceFacts | undefined> {
    const known = this.get(name);
    if (known !== undefined || !isNamespaceName(name)) return known;
    let shared = this.#inFlight.get(name);
    if (shared === undefined) {
      shared = this.#fetchAndRemember(name).finally(() => this.#inFlight.delete(name));
      this.#inFlight.set(name, shared);
    }
    return this.#within(deadlineMilliseconds, shared);
  }

  isReady(): boolean {
    return this.#all().every(({ isSynced }) => isSynced);
  }

  health(): readonly FactHealth[] {
    return factResources.map((resource) => {
      const { isSynced: isKnown, lastContact, fault } = this.#reflectors[resource];
      return { resource, isKnown, ageMilliseconds: this.#timing.now() - lastContact, fault };
    });
  }

  stop(): void {
    for (const reflector of this.#all()) reflector.stop();
    this.#ending.abort(new Error('stopped'));
  }

  #all(): readonly Followed[] {
    return Object.values(this.#reflectors);
  }

  #follow<Value>(
    resource: FactResource,
    objects: KeptObjects<Value>,
    read: (object: unknown) => Kept<Value>,
  ): Followed {
    const reflector = new Reflector({
      connection: this.#connection,
      path: `/api/v1/${resource}`,
      timing: this.#timing,
      read: (object) => objects.knownFor(read(object)),
      replace: (all) => objects.replace(all),
      upsert: (one) => objects.upsert(one),
      remove: (one) => objects.remove(one),
      onFailure: (failure) => {
        this.#options.onFailure?.({ resource, ...failure, isKnown: reflector.isSynced });
      },
      onRecovery: ({ since }) => this.#options.onRecovery?.(resource, this.#timing.now() - since),
    });
    return reflector.start();
  }

  async #fetchAndRemember(name: string): Promise<NamespaceFacts | undefined> {
    try {
      const options = { timeoutMilliseconds: fetchTimeoutMilliseconds, signal: this.#ending.signal };
      this.#remember(await fetchNamespaceFacts(this.#connection, name, options));
      // The watch may have brought it meanwhile; then its object is the one to give.
      return this.get(name);
    } catch (error) {
      const isAbsent = error instanceof StatusError && error.status === 404;
      if (!isAbsent && !this.#ending.signal.aborted) this.#noteFetchFailure(error);
      return undefined;
    }
  }

  /** While a watch is down for some reason, a fetch that fails is no further news. */
  #noteFetchFailure(error: unknown): void {
    const isRepeated = this.#all().some(({ fault }) => fault !== undefined);
    this.#options.onFailure?.({ resource: 'namespaces', verb: 'get', error, isRepeated, isKnown: false });
  }

  #remember(facts: NamespaceFacts): void {
    const now = this.#timing.now();
    for (const [name, { until }] of this.#fetched) if (until <= now) this.#fetched.delete(name);
    this.#fetched.set(facts.name, { facts, until: now + rememberMilliseconds });
  }

  #within<Result>(deadlineMilliseconds: number, result: Promise<Result>): Promise<Result | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#timing.after(deadlineMilliseconds, () => resolve(undefined));
      void result.then(resolve).finally(cancel);
    });
  }
}
