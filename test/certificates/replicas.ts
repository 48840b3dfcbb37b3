import { X509Certificate } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Lifetimes } from '../../src/certificates/authorities.js';
import type { Texts } from '../../src/certificates/keptAuthorities.js';
import { startSelfManaged } from '../../src/certificates/selfManaged.js';
import type {
  Registration,
  SelfManaged,
  SelfManagedStep,
  SharedStore,
  Stored,
} from '../../src/certificates/selfManagedOptions.js';
import { FakeTiming } from '../facts/fakeTiming.js';

/** A store in memory that compares versions as the API server does. */
export class FakeStore implements SharedStore {
  readonly where = 'Secret system/podtemper';
  texts: Texts = {};
  writes = 0;
  /** Why it cannot be read or written, while that is so. */
  fault: { read?: Error; write?: Error } = {};
  #version = 1;

  /** Somebody else puts something there. */
  put(texts: Texts): void {
    this.texts = texts;
    this.#version += 1;
  }

  async read(): Promise<Stored & { version: number }> {
    await turn();
    if (this.fault.read) throw this.fault.read;
    return { texts: this.texts, version: this.#version };
  }

  async write(texts: Texts, follows: Stored): Promise<boolean> {
    await turn();
    if (this.fault.write) throw this.fault.write;
    if (!('version' in follows) || follows.version !== this.#version) return false;
    this.put(texts);
    this.writes += 1;
    return true;
  }
}

/** A webhook configuration. */
export class FakeRegistration implements Registration {
  caBundle = '';
  fault: Error | undefined;
  /** Why it cannot be changed, while that is so. */
  writeFault: Error | undefined;

  async check(caBundle: string, { correct }: { correct: boolean }): Promise<string[]> {
    await turn();
    if (this.fault) throw this.fault;
    if (correct && this.caBundle !== caBundle && this.writeFault) throw this.writeFault;
    if (correct) this.caBundle = caBundle;
    return [this.caBundle];
  }

  /** Whether a handshake with the replica would succeed at that time. */
  trusts(replica: SelfManaged, now: Date): boolean {
    const leaf = new X509Certificate(replica.current().cert);
    const authorities = this.caBundle.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
    return authorities
      .map((text) => new X509Certificate(text))
      .some((authority) => leaf.verify(authority.publicKey) && isGood(authority, now) && isGood(leaf, now));
  }
}

function isGood({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now < new Date(validTo);
}

const start = new Date('2026-11-23T00:00:00Z');

interface ReplicaOptions {
  readonly isLeading?: () => boolean;
  /** Milliseconds by which its clock is fast, beside what all are. */
  readonly skew?: number;
  /** Those of all if left out. */
  readonly lifetimes?: Lifetimes;
}

/** Replicas that share a store and a registration, and the time that passes for them. */
export class Replicas {
  readonly store = new FakeStore();
  readonly registration = new FakeRegistration();
  readonly timing = new FakeTiming();
  readonly lifetimes: Lifetimes;
  /** Milliseconds by which all their clocks are fast. */
  ahead = 0;
  /** Steps that failed, with what was said. */
  readonly failures: [SelfManagedStep, string][] = [];
  readonly #all: SelfManaged[] = [];

  constructor(lifetimes: Lifetimes = { authorityDays: 365, certificateDays: 30 }) {
    this.lifetimes = lifetimes;
  }

  get now(): Date {
    return new Date(start.getTime() + this.timing.now());
  }

  start({ isLeading = () => true, skew = 0, lifetimes = this.lifetimes }: ReplicaOptions = {}): SelfManaged {
    const replica = startSelfManaged({
      names: ['podtemper.system.svc'],
      lifetimes,
      store: this.store,
      registration: this.registration,
      isLeading,
      timing: this.timing,
      clock: () => new Date(this.now.getTime() + this.ahead + skew),
      onStep: (step, error) => {
        if (error instanceof Error) this.failures.push([step, error.message]);
      },
    });
    this.#all.push(replica);
    return replica;
  }

  /** Waits until all have done what they were asked to. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 40; turns += 1) await turn();
  }

  async advance(milliseconds: number): Promise<void> {
    this.timing.advance(milliseconds);
    await this.settle();
  }

  close(): void {
    for (const replica of this.#all) replica.close();
  }
}
