import type { ControlId } from '../controls/index.js';

/** What is known of an image. What is not known is left out: no value beats a wrong one. */
export interface ImageFacts {
  /** User that owns its files, or that its USER names; left out where any other than root will do. */
  readonly runAsUser?: number;
  /** Group of that user in the image. */
  readonly runAsGroup?: number;
  /** Group for its volumes, where it is not `runAsGroup`. */
  readonly fsGroup?: number;
  /** Directories that it writes to, which may be empty: caches, sockets, PID files. */
  readonly writablePaths?: readonly string[];
  /** Directories of its data: writable too, however much it comes to. */
  readonly dataPaths?: readonly string[];
  /** Directories with image content, which an empty volume would hide. */
  readonly neverMount?: readonly string[];
  /** Capabilities that its binaries carry as file capabilities: without them the kernel does not start these. */
  readonly keepCapabilities?: readonly 'NET_BIND_SERVICE'[];
  /** Ports below 1024 that it listens on by default. */
  readonly lowPorts?: readonly number[];
  /** As root its entrypoint changes owners and steps down, for which it needs the capabilities that root has. */
  readonly stepsDown?: true;
  /** Controls that it cannot run under, and why. */
  readonly cannot?: Readonly<Partial<Record<ControlId, string>>>;
  /** What else to know, a sentence for whoever runs it. */
  readonly advice?: string;
}

/** What holds for some tags of an image, or for all. */
export interface ImageVariant extends ImageFacts {
  /** Patterns of the tags it is for; all where left out. */
  readonly tags?: readonly string[];
  /** Patterns of the tags it is not for. */
  readonly except?: readonly string[];
  /** Lowest version it was read for; a tag without a version is taken for the newest. */
  readonly from?: string;
}

/** One image. */
export interface ImageRecord {
  /** Where it is published, spelt in full; the first is the name it goes by, and `/*` stands for a whole folder. */
  readonly repositories: readonly [string, ...string[]];
  /** Where the facts were read: repository, commit and path on GitHub. */
  readonly sources: readonly [string, ...string[]];
  /** The first that is for a tag counts; where none is, nothing is known. */
  readonly variants: readonly [ImageVariant, ...ImageVariant[]];
}
