import type { ImageFacts } from '../../images/record.js';
import type { Container, NamespaceFacts, Pod } from '../../kubernetes.js';

/** What policy, image catalogue and the pod's own annotations say of one container. */
export interface Known {
  /** User ID that fits the image or that the pod asked for. */
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  readonly writablePaths: readonly string[];
  /** Paths for data, which may come to any amount. */
  readonly dataPaths: readonly string[];
  /** Paths with image content, which an empty volume would hide. */
  readonly neverMount: readonly string[];
  readonly keepCapabilities: readonly string[];
  /** Ports below 1024 that the image listens on. */
  readonly lowPorts: readonly number[];
  /** Whether its entrypoint, as root, needs capabilities to change owners and step down. */
  readonly stepsDown: boolean;
  /** Controls that the image cannot run under, each with the reason, or an empty text where there is none. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Where each of these comes from. */
  readonly sources: Readonly<Partial<Record<KnownFact, string>>>;
  /** The record of the shipped catalogue. */
  readonly image: KnownImage | undefined;
}

/** A fact whose source is told. */
export type KnownFact =
  'runAsUser' | 'fsGroup' | 'writablePaths' | 'dataPaths' | 'keepCapabilities' | 'lowPorts';

/** What the shipped catalogue knows of an image. */
export interface KnownImage {
  /** The name it goes by, spelt in full. */
  readonly repository: string;
  readonly facts: ImageFacts;
  /** Where the facts were read. */
  readonly sources: readonly string[];
}

/** What runAsNonRoot does on a pod; `runAsUser` is absent where the platform picks the user ID (OpenShift). */
export interface NonRootIntent {
  readonly runAsUser: number | undefined;
}

/** What a control may know besides the object it looks at. */
export interface Context {
  readonly pod: Pod;
  readonly facts: NamespaceFacts;
  /** Whether the pod is for Windows, where most fields are refused. */
  readonly windows: boolean;
  /** Undefined where runAsNonRoot does not run on this pod, or in a weaker mode than the asking control. */
  readonly nonRoot: NonRootIntent | undefined;
  /** Whether serviceAccountToken is to take the token out of this pod, where it can. */
  readonly removesToken: boolean;
  readonly known: (container: Container) => Known;
}
