import { isObject, objectAt, textAt } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';
import type { Timing } from './timing.js';

/** How long a lead lasts without news, in milliseconds. A leader stops leading well before others may begin to. */
export interface LeaseTimes {
  /** How long others wait after the last news of the leader. */
  readonly lease: number;
  /** How long the leader goes on after it began the last renewal that succeeded. */
  readonly renewDeadline: number;
  /** Between two tries to get or renew the lead. */
  readonly retry: number;
}

/** Those of Kubernetes' own components. */
const defaultTimes: LeaseTimes = { lease: 15_000, renewDeadline: 10_000, retry: 2000 };

export interface LeaderElectionOptions {
  readonly connection: Pick<ClusterConnection, 'get' | 'write'>;
  readonly namespace: string;
  readonly name: string;
  /** What no other replica is called. */
  readonly identity: string;
  readonly timing: Timing;
  /** The time of day: written for people to read, and never compared. */
  readonly clock: () => Date;
  /** Told when this replica begins to lead, and when it ends. */
  readonly onChange: (isLeading: boolean) => void;
  /** Told how each try went. */
  readonly onTry: (error?: unknown) => void;
  readonly times?: LeaseTimes;
}

/** How the API server answers the slower of two: 422 where neither of them knew of a Lease. */
const conflicts: ReadonlySet<number> = new Set([409, 422]);

/** What a Lease says, as far as it matters. */
interface Observed {
  readonly object: unknown;
  /** All that it says, to tell news by. */
  readonly text: string;
  readonly holder: string;
  readonly leaseMilliseconds: number;
  readonly transitions: number;
}

/** One of several replicas, of which at most one leads, by a Lease (coordination.k8s.io/v1), with the semantics of
 *  client-go's leaderelection: how old the news of another leader is counts from when we saw them, on our own clock, so
 *  that clocks may differ. Two may lead for a moment where a process was stopped in between: what a leader writes must
 *  name the version that it follows. */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #times: LeaseTimes;
  readonly #path: string;
  #observed: Observed | undefined;
  #observedAt = 0;
  #leadsUntil = -Infinity;
  #mustRead = true;
  #wasLeading = false;
  #isStopped = false;
  #cancelTry = () => {};
  #cancelEnd = () => {};

  constructor(options: LeaderElectionOptions) {
    const { namespace, name, times = defaultTimes } = options;
    this.#options = options;
    this.#times = times;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  }

  /** By the clock, not by what was told: after a standstill the lead may be over already. */
  isLeading(): boolean {
    return this.#options.timing.now() < this.#leadsUntil;
  }

  /** Who leads, as far as is known; an empty text where nobody does. */
  holder(): string {
    return this.#observed?.holder ?? '';
  }

  /** Begins to run; to be called once. */
  start(): this {
    void this.#tryAgainAndAgain();
    return this;
  }

  /** Ends it, and gives up the lead so that another need not wait for its end. */
  async stop(): Promise<void> {
    const wasLeading = this.isLeading();
    this.#isStopped = true;
    this.#cancelTry();
    this.#cancelEnd();
    this.#leadsUntil = -Infinity;
    const observed = this.#observed;
    if (!wasLeading || observed === undefined) return;
    // As client-go: a second is the shortest that a Lease can say.
    const released = this.#leaseOf(observed, { holderIdentity: '', leaseDurationSeconds: 1 });
    await this.#write(released).catch(() => undefined); // then it ends by itself
  }

  async #tryAgainAndAgain(): Promise<void> {
    const { timing, onTry } = this.#options;
    try {
      await this.#acquireOrRenew();
      if (!this.#isStopped) onTry();
    } catch (error) {
      if (!this.#isStopped) onTry(error);
    }
    if (this.#isStopped) return;
    this.#tell();
    const { retry } = this.#times;
    // Those that wait drift apart, as in client-go; the leader is punctual.
    const pause = this.isLeading() ? retry : retry * (1 + 1.2 * timing.random());
    this.#cancelTry = timing.after(pause, () => void this.#tryAgainAndAgain());
  }

  async #acquireOrRenew(): Promise<void> {
    const { timing, identity } = this.#options;
    const sentAt = timing.now();
    if (this.#mustRead) this.#observe(await this.#read());
    this.#mustRead = true;
    const observed = this.#observed;
    const holder = observed?.holder ?? '';
    if (holder !== '' && holder !== identity) {
      this.#leadsUntil = -Infinity;
      if (timing.now() < this.#observedAt + (observed?.leaseMilliseconds ?? 0)) return;
    }
    const isRenewal = holder === identity;
    const now = microTime(this.#options.clock());
    const lease = this.#leaseOf(observed, {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#times.lease / 1000),
      renewTime: now,
      ...(!isRenewal && { acquireTime: now, leaseTransitions: (observed?.transitions ?? -1) + 1 }),
    });
    if (!(await this.#write(lease))) return;
    this.#mustRead = false; // what we have written is what is there, until a renewal fails
    this.#lead(sentAt + this.#times.renewDeadline);
  }

  /** False where another was faster: next time we see who. */
  async #write(lease: unknown): Promise<boolean> {
    try {
      this.#observe(
        await this.#options.connection.write(this.#path, { method: 'PUT', object: lease }, this.#patience()),
      );
      return true;
    } catch (error) {
      if (error instanceof StatusError && conflicts.has(error.status)) return false;
      throw error;
    }
  }

  async #read(): Promise<unknown> {
    try {
      return await this.#options.connection.get(this.#path, this.#patience());
    } catch (error) {
      if (error instanceof StatusError && error.status === 404) return undefined;
      throw error;
    }
  }

  #observe(object: unknown): void {
    const observed = object === undefined ? undefined : observedOf(object);
    if (observed?.text !== this.#observed?.text) this.#observedAt = this.#options.timing.now();
    this.#observed = observed;
  }

  #lead(until: number): void {
    if (this.#isStopped) return;
    const { timing } = this.#options;
    this.#leadsUntil = until;
    this.#cancelEnd();
    this.#cancelEnd = timing.after(until - timing.now(), () => this.#tell());
  }

  #tell(): void {
    const isLeading = this.isLeading();
    if (isLeading === this.#wasLeading) return;
    this.#wasLeading = isLeading;
    this.#options.onChange(isLeading);
  }

  /** The Lease as it was observed, with these fields; without a version where it is to be made. */
  #leaseOf(observed: Observed | undefined, fields: object): unknown {
    const { namespace, name } = this.#options;
    const made = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } };
    const object = isObject(observed?.object) ? observed.object : made;
    return { ...object, spec: { ...objectAt(object, 'spec'), ...fields } };
  }

  #patience(): { timeoutMilliseconds: number } {
    return { timeoutMilliseconds: this.#times.renewDeadline / 2 };
  }
}

function observedOf(object: unknown): Observed {
  const spec = objectAt(object, 'spec');
  const { leaseDurationSeconds, leaseTransitions } = spec;
  return {
    object,
    text: JSON.stringify(spec),
    holder: textAt(spec, 'holderIdentity'),
    leaseMilliseconds: (typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : 0) * 1000,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : -1,
  };
}

/** A MicroTime of Kubernetes: with six digits after the second. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
