import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { type ApiClient, type ApiResponse, createApiClient } from '../apiClient.js';
import { barePod, hardContainer } from '../barePod.js';
import { type Cluster, readCredentials } from '../cluster.js';
import { waitUntil } from '../waiting.js';

/** Between two looks at how many creates are due: after a pause of ours all that were missed follow at once. */
const tickMilliseconds = 5;
/** A create that takes longer is trouble, though it does not fail. */
const slowMilliseconds = 500;
/** Enough for all that are sent within the webhook's timeout. */
const maxConnections = 1000;

/** How the creates went since `begin`. */
export interface Measured {
  sent: number;
  seconds: number;
  /** Creates that failed because of the webhook, by what was said. */
  failed: Map<string, number>;
  /** Creates that no API server took. */
  unserved: number;
  slowestMilliseconds: number;
  /** From `begin` to the end of the last create in trouble. */
  secondsToHealthy: number;
}

/** Pods that are created one after the other at a steady rate, whatever becomes of them. */
export class CreateStream {
  readonly #api: ApiClient;
  readonly #path: string;
  readonly #createsPerSecond: number;
  readonly #pending = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #sending: Promise<void>;
  #measured: Measured = nothingMeasured();
  #begin = performance.now();
  #wellInARow = 0;
  #healthAsked = 0;

  /** Starts it; pods are created by dry run, which goes through all of the admission chain. */
  static async start(cluster: Cluster, namespace: string, createsPerSecond: number): Promise<CreateStream> {
    const api = createApiClient(cluster.url, await readCredentials(cluster), maxConnections);
    return new CreateStream(api, namespace, createsPerSecond);
  }

  private constructor(api: ApiClient, namespace: string, createsPerSecond: number) {
    this.#api = api;
    this.#createsPerSecond = createsPerSecond;
    this.#path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
    this.#sending = this.#sendUntilEnded();
  }

  /** Measures what is sent from now on. */
  begin(): void {
    this.#begin = performance.now();
    this.#measured = nothingMeasured();
  }

  /** Sends that many at once, so that the API server has to open new connections. */
  burst(count: number): void {
    for (let sent = 0; sent < count; sent += 1) this.#send();
  }

  /** Waits until a second's creates in a row, all sent from now on, were hardened and none of them was slow. */
  async untilHealthy(): Promise<void> {
    this.#healthAsked = performance.now();
    this.#wellInARow = 0;
    const isHealthy = async () => this.#wellInARow >= this.#createsPerSecond;
    await waitUntil('pods to be hardened again', isHealthy, { timeoutSeconds: 180 });
  }

  /** Ends it when all that was sent has come back. */
  async end(): Promise<Measured> {
    this.#ending.abort();
    await this.#sending;
    await Promise.all(this.#pending);
    this.#api.close();
    return this.#measured;
  }

  async #sendUntilEnded(): Promise<void> {
    const start = performance.now();
    let sent = 0;
    while (!this.#ending.signal.aborted) {
      const due = ((performance.now() - start) / 1000) * this.#createsPerSecond;
      for (; sent < due; sent += 1) this.#send();
      this.#measured.seconds = (performance.now() - this.#begin) / 1000;
      await delay(tickMilliseconds);
    }
  }

  #send(): void {
    const settled = this.#createAndSettle(this.#measured).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  async #createAndSettle(measured: Measured): Promise<void> {
    const sentAt = performance.now();
    measured.sent += 1;
    this.#settle(measured, sentAt, await this.#create());
  }

  async #create(): Promise<Outcome> {
    try {
      return outcomeOf(await this.#api.request<V1Pod>('POST', this.#path, barePod));
    } catch {
      return unserved;
    }
  }

  #settle(measured: Measured, sentAt: number, outcome: Outcome): void {
    const now = performance.now();
    const isWell = outcome === hardened && now - sentAt < slowMilliseconds;
    if (outcome === unserved) measured.unserved += 1;
    else if (outcome !== hardened) measured.failed.set(outcome, (measured.failed.get(outcome) ?? 0) + 1);
    measured.slowestMilliseconds = Math.max(measured.slowestMilliseconds, now - sentAt);
    // One that was sent before the fault began is no witness of it.
    if (!isWell && measured === this.#measured) measured.secondsToHealthy = (now - this.#begin) / 1000;
    if (sentAt >= this.#healthAsked) this.#wellInARow = isWell ? this.#wellInARow + 1 : 0;
  }
}

function nothingMeasured(): Measured {
  const none = { sent: 0, seconds: 0, unserved: 0, slowestMilliseconds: 0, secondsToHealthy: 0 };
  return { ...none, failed: new Map() };
}

/** `hardened`, `unserved`, or how the webhook was in the way. */
type Outcome = string;
const hardened = 'hardened';
const unserved = 'unserved';

/** What became of a create. An answer without the webhook's work is a failure too. */
function outcomeOf({ status, body }: ApiResponse<V1Pod>): Outcome {
  if (status === 201) return isHardened(body) ? hardened : 'created as it is';
  const message = 'message' in body ? String(body.message) : JSON.stringify(body);
  const reason = /failed calling webhook "[^"]+": (?:failed to call webhook: )?(.*)/s.exec(message)?.[1];
  return reason === undefined ? unserved : withoutAddresses(reason);
}

/** One text for what differs in ports only. */
function withoutAddresses(reason: string): string {
  return reason
    .replace(/^Post "[^"]+": /, '')
    .replaceAll(/\d+\.\d+\.\d+\.\d+:\d+(?:->\d+\.\d+\.\d+\.\d+:\d+)?/g, 'the Service');
}

function isHardened({ spec }: V1Pod): boolean {
  const { securityContext } = spec?.containers[0] ?? {};
  // The user is the policy's, which a fault may change.
  const { runAsUser: _user, ...expected } = hardContainer.securityContext;
  const { runAsUser = 0, ...found } = securityContext ?? {};
  return runAsUser > 0 && JSON.stringify(sorted(found)) === JSON.stringify(sorted(expected));
}

const sorted = (fields: object) => Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
