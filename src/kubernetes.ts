import type { V1Container, V1LimitRange, V1Pod, V1PodSpec, V1ResourceQuota } from '@kubernetes/client-node';

/** `T` as the engine sees it: deeply read-only, so that no control can write into a workload. */
export type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends Date
    ? T
    : T extends object
      ? { readonly [Key in keyof T]: Immutable<T[Key]> }
      : T;

export type PodSpec = Immutable<V1PodSpec>;
export type Container = Immutable<V1Container>;
export type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number];
export type SecurityContext = NonNullable<Container['securityContext']>;
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type Metadata = Immutable<
  Pick<
    NonNullable<V1Pod['metadata']>,
    'name' | 'generateName' | 'namespace' | 'labels' | 'annotations' | 'ownerReferences'
  >
>;

/** A pod, or the pod template of a workload: all that hardening needs of either. */
export interface Pod {
  readonly metadata?: Metadata;
  readonly spec: PodSpec;
}

/** The lists of containers that are hardened, in the order in which the kubelet starts them. */
export const containerLists = ['initContainers', 'containers'] as const;
export type ContainerList = (typeof containerLists)[number];

/** What the cluster knows of a namespace that a pod does not say. Empty where there is no cluster. */
export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly limitRanges: readonly Immutable<Pick<V1LimitRange, 'metadata' | 'spec'>>[];
  readonly resourceQuotas: readonly Immutable<Pick<V1ResourceQuota, 'metadata' | 'spec'>>[];
}

/** Namespace labels that people set. */
export const labelKeys = {
  mode: 'podtemper.io/mode',
  policy: 'podtemper.io/policy',
  optOut: 'podtemper.io/opt-out',
} as const;

/** Pod (template) annotations: all but `hardened` are set by people, `hardened` by us. */
export const annotationKeys = {
  optOut: 'podtemper.io/opt-out',
  optOutReason: 'podtemper.io/opt-out-reason',
  optOutUntil: 'podtemper.io/opt-out-until',
  writablePaths: 'podtemper.io/writable-paths',
  runAsUser: 'podtemper.io/run-as-user',
  hardened: 'podtemper.io/hardened',
} as const;

/** The prefix of every label and annotation of ours. */
export const keyPrefix = 'podtemper.io/';

/** Facts of a namespace of which nothing is known but its name. */
export function unknownNamespace(name: string): NamespaceFacts {
  return { name, labels: {}, annotations: {}, limitRanges: [], resourceQuotas: [] };
}
