import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Timing } from '../cluster/timing.js';
import { CertificateError } from '../errors.js';
import { agree } from './agreement.js';
import { aliveAt, bundleOf, type Lifetimes, signerOf, withSuccessor } from './authorities.js';
import { dayMilliseconds, issueServingCertificate, renewalTime } from './authority.js';
import { keepAuthorities, readAuthorities, type Texts } from './keptAuthorities.js';
import { Rounds } from './rounds.js';
import { type Certificate, type CertificateSource, type SourceEvents } from './source.js';

/** Where the replicas keep what they share. */
export interface SharedStore {
  /** What it is called in messages. */
  readonly where: string;
  /** What it holds; a store that is not there is made. */
  read(): Promise<Stored>;
  /** Writes what is to follow what was read. False where another replica has written in between. */
  write(texts: Texts, follows: Stored): Promise<boolean>;
}

/** What a store holds at one moment. */
export interface Stored {
  readonly texts: Texts;
}

/** What tells the API server whom to trust. */
export interface Registration {
  /** What each webhook is told to trust; with `correct`, after having it trust this bundle.
   *  @throws where it cannot be known, or not be put right */
  check(caBundle: string, options: { readonly correct: boolean }): Promise<readonly string[]>;
}

/** What a round consists of. */
export const selfManagedSteps = ['secret', 'caBundle'] as const;
export type SelfManagedStep = (typeof selfManagedSteps)[number];

export interface SelfManagedOptions {
  /** DNS names and IP addresses of the server. */
  readonly names: readonly string[];
  readonly lifetimes: Lifetimes;
  readonly store: SharedStore;
  readonly registration: Registration;
  /** Whether this is the replica that does what is to be done once. */
  readonly isLeading: () => boolean;
  readonly timing: Timing;
  /** The time of day, by which certificates are good or not. */
  readonly clock: () => Date;
  /** Told how each step went; again and again while it fails. */
  readonly onStep: (step: SelfManagedStep, error?: unknown) => void;
}

/** A certificate that this process has made, of an authority that all replicas share. */
export interface SelfManaged extends CertificateSource {
  readonly caBundle: string;
  /** Whether the authority is shared, so that the API server can come to trust it. */
  isShared(): boolean;
  /** False until the API server was told to trust it, or that cannot be known. */
  isTrusted(): boolean;
  /** When the newest authority ends. */
  authorityEnd(): Date;
  /** Has it look at once: something may have changed. */
  look(): void;
}

/** How often all is looked at, even if nothing changes and nobody says so: often enough for the shortest life. */
const lookMilliseconds = 60_000;
const looksPerLife = 30;
/** API servers need a moment to learn of a new bundle: what is trusted for less than this part of a life, or less than
 *  a minute, signs only where there is nothing else. */
const settlesPerLife = 10;
/** After a failure. */
const retryMilliseconds = 5000;
/** How often to begin anew where another replica writes at the same time. */
const mostConflicts = 10;

/** Begins to share an authority by the store and to have it trusted by the registration, for ever. The first
 *  certificate is there at once, of an authority that nobody knows yet.
 *  @throws CertificateError when a name is neither a DNS name nor an IP address */
export function startSelfManaged(options: SelfManagedOptions): SelfManaged {
  const certificate = new SharedAuthority(options);
  certificate.look();
  return certificate;
}

class SharedAuthority implements SelfManaged {
  readonly #options: SelfManagedOptions;
  readonly #events = new EventEmitter<SourceEvents>();
  readonly #rounds: Rounds;
  /** Apart from the rounds, in which the API server may keep us waiting. */
  readonly #renewals: Rounds;
  #authorities: readonly Certificate[];
  #issuer: Certificate;
  #certificate: Certificate;
  /** Not read again where nothing has changed: it costs some milliseconds, in which no review is answered. */
  #lastRead: { texts: Texts; found: readonly Certificate[] } = { texts: {}, found: [] };
  #isShared = false;
  #wasTrusted = false;
  /** Until it is known, which it may never be where it may not be read. */
  #isTrustOpen = true;
  /** Since when each authority was seen to be trusted, by its PEM; those that we do not know of are not in it. */
  #trustedSince: ReadonlyMap<string, Date> = new Map();
  #isClosed = false;

  constructor(options: SelfManagedOptions) {
    this.#options = options;
    const now = options.clock();
    this.#authorities = withSuccessor([], options.lifetimes, now);
    this.#issuer = signerOf(this.#authorities, options.lifetimes, now);
    this.#certificate = this.#issue(now);
    this.#rounds = new Rounds(() => this.#round(), options.timing);
    this.#renewals = new Rounds(async () => this.#renewWhenDue(), options.timing);
  }

  current(): Certificate {
    return this.#certificate;
  }

  get caBundle(): string {
    return bundleOf(this.#authorities);
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#events.on('change', listener);
  }

  onError(listener: (error: CertificateError) => void): void {
    this.#events.on('failure', listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#rounds.stop();
    this.#renewals.stop();
    this.#events.removeAllListeners();
  }

  isShared(): boolean {
    return this.#isShared;
  }

  isTrusted(): boolean {
    return this.#wasTrusted || !this.#isTrustOpen;
  }

  authorityEnd(): Date {
    return this.#authorities.at(-1)?.notAfter ?? new Date(0);
  }

  look(): void {
    this.#rounds.ask();
    this.#renewals.ask();
  }

  /** Gives the milliseconds until the next one. */
  async #round(): Promise<number> {
    const isSharing = await this.#step('secret', () => this.#share());
    // Whoever was told to trust an authority that is not shared would be told another by each replica.
    const isWell = this.#isShared && (await this.#step('caBundle', () => this.#haveTrusted())) && isSharing;
    return Math.min(isWell ? lookMilliseconds : retryMilliseconds, this.#life() / looksPerLife);
  }

  /** How long a certificate lasts, in milliseconds. */
  #life(): number {
    return this.#options.lifetimes.certificateDays * dayMilliseconds;
  }

  async #step(step: SelfManagedStep, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (!this.#isClosed) this.#options.onStep(step);
      return true;
    } catch (error) {
      if (!this.#isClosed) this.#options.onStep(step, error);
      return false;
    }
  }

  async #share(): Promise<void> {
    const { store, isLeading, lifetimes, clock } = this.#options;
    for (let attempt = 0; attempt < mostConflicts; attempt += 1) {
      const stored = await store.read();
      const now = clock();
      const { found, fault } = this.#read(stored, now);
      const isInUse = this.#isShared && this.#certificate.notAfter > now;
      const inUse = isInUse ? this.#issuer : undefined;
      const replica = { authorities: this.#authorities, inUse, isLeading: isLeading() };
      const { authorities, isNews } = agree(found, replica, lifetimes, now);
      if (!isNews) return this.#adopt(authorities);
      // What is there is shared already, even if nothing can be added to it.
      const usable = aliveAt(found, now);
      if (usable.length > 0 && !this.#isShared) this.#adopt(usable);
      if (this.#isClosed) return;
      if (!(await store.write(keepAuthorities(authorities), stored))) continue;
      if (fault !== undefined) this.#events.emit('failure', fault);
      return this.#adopt(authorities);
    }
    throw new Error(
      `${store.where}: expected to be written within ${mostConflicts} attempts, found others to be faster each time`,
    );
  }

  /** What is broken is as good as lost. */
  #read({ texts }: Stored, now: Date): { found: readonly Certificate[]; fault?: CertificateError } {
    if (isDeepStrictEqual(texts, this.#lastRead.texts)) return this.#lastRead;
    try {
      this.#lastRead = { texts, found: readAuthorities(texts, this.#options.store.where, now) };
      return this.#lastRead;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      return { found: [], fault: error };
    }
  }

  #adopt(authorities: readonly Certificate[]): void {
    if (this.#isClosed) return;
    const before = this.caBundle;
    this.#authorities = authorities;
    this.#isShared = true;
    if (!authorities.some(({ fingerprint }) => fingerprint === this.#issuer.fingerprint)) this.#renew();
    else if (this.caBundle !== before) this.#events.emit('change', this.#certificate);
  }

  /** Gives the milliseconds until it is to be done again. */
  #renewWhenDue(): number {
    if (this.#options.clock() >= renewalTime(this.#certificate)) this.#renew();
    return Math.min(lookMilliseconds, this.#life() / looksPerLife);
  }

  /** Without an authority that is alive, the old certificate goes on: it may be our clock that is wrong. */
  #renew(): void {
    const { lifetimes, clock } = this.#options;
    const now = clock();
    const alive = aliveAt(this.#authorities, now);
    if (alive.length === 0 || this.#isClosed) return;
    const settled = new Date(now.getTime() - Math.min(lookMilliseconds, this.#life() / settlesPerLife));
    const trusted = alive.filter(({ cert }) => (this.#trustedSince.get(cert) ?? now) <= settled);
    this.#issuer = signerOf(trusted.length > 0 ? trusted : alive, lifetimes, now);
    this.#certificate = this.#issue(now);
    this.#events.emit('change', this.#certificate);
  }

  #issue(now: Date): Certificate {
    const { names, lifetimes } = this.#options;
    return issueServingCertificate(this.#issuer, { names, days: lifetimes.certificateDays, now });
  }

  async #haveTrusted(): Promise<void> {
    const { registration, isLeading } = this.#options;
    try {
      const bundles = await registration.check(this.caBundle, { correct: isLeading() });
      this.#isTrustOpen = bundles.some((bundle) => bundle !== this.caBundle);
      this.#wasTrusted ||= !this.#isTrustOpen;
      this.#noteTrust(bundles);
    } catch (error) {
      this.#isTrustOpen = false;
      throw error;
    }
  }

  #noteTrust(bundles: readonly string[]): void {
    const now = this.#options.clock();
    const trusted = this.#authorities.filter(({ cert }) => bundles.every((bundle) => bundle.includes(cert)));
    this.#trustedSince = new Map(trusted.map(({ cert }) => [cert, this.#trustedSince.get(cert) ?? now]));
  }
}
