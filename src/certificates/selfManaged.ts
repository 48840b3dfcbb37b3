import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { CertificateError } from '../errors.js';
import { agree } from './agreement.js';
import { aliveAt, begunAt, bundleOf, signerOf, withSuccessor } from './authorities.js';
import { dayMilliseconds, isRenewalDue, issueServingCertificate } from './authority.js';
import { keepAuthorities, readAuthorities, type Texts } from './keptAuthorities.js';
import { Rounds } from './rounds.js';
import type { SelfManaged, SelfManagedOptions, SelfManagedStep, Stored } from './selfManagedOptions.js';
import type { Certificate, SourceEvents } from './source.js';
import { Trust } from './trust.js';

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
  readonly #trust = new Trust();
  #isShared = false;
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
    return this.#trust.isSettled;
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
    if (isRenewalDue(this.#certificate, this.#options.clock())) this.#renew();
    return Math.min(lookMilliseconds, this.#life() / looksPerLife);
  }

  /** Without an authority that is alive, the old certificate goes on: it may be our clock that is wrong. */
  #renew(): void {
    const { lifetimes, clock } = this.#options;
    const now = clock();
    const usable = begunAt(aliveAt(this.#authorities, now), now);
    if (usable.length === 0 || this.#isClosed) return;
    const settled = new Date(now.getTime() - Math.min(lookMilliseconds, this.#life() / settlesPerLife));
    const trusted = this.#trust.trustedSince(settled, usable);
    const signer = signerOf(trusted.length > 0 ? trusted : usable, lifetimes, now);
    // Another one of an authority that has not begun would not begin earlier.
    if (signer.notBefore > now && signer.fingerprint === this.#issuer.fingerprint) return;
    this.#issuer = signer;
    this.#certificate = this.#issue(now);
    this.#events.emit('change', this.#certificate);
  }

  #issue(now: Date): Certificate {
    const { names, lifetimes } = this.#options;
    return issueServingCertificate(this.#issuer, { names, days: lifetimes.certificateDays, now });
  }

  async #haveTrusted(): Promise<void> {
    const { registration, isLeading, clock } = this.#options;
    try {
      const bundles = await registration.check(this.caBundle, { correct: isLeading() });
      this.#trust.note(bundles, this.#authorities, clock());
    } catch (error) {
      this.#trust.noteUnknown();
      throw error;
    }
  }
}
