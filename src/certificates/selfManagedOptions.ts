import type { Timing } from '../cluster/timing.js';
import type { Lifetimes } from './authorities.js';
import type { Texts } from './keptAuthorities.js';
import type { CertificateSource } from './source.js';

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
