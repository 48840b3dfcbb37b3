import type {
  V1Deployment,
  V1EndpointSlice,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1Pod,
  V1Service,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { Immutable } from '../kubernetes.js';
import type { PolicyFile } from '../policy/load.js';
import type { Permission } from './permissions.js';
import type { Reading } from './reading.js';

type Registration = V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration;
export type WebhookConfiguration = Immutable<Registration> & { readonly kind: string };
export type Webhook = NonNullable<WebhookConfiguration['webhooks']>[number];
export type Deployment = Immutable<V1Deployment>;
export type Service = Immutable<V1Service>;
export type EndpointSlice = Immutable<V1EndpointSlice>;
export type Lease = Immutable<V1Lease>;
export type Namespace = Immutable<V1Namespace>;
export type RunningPod = Immutable<V1Pod>;

/** The certificates of a Secret. Its keys are looked at where it is read, and go no further. */
export interface CertificateSecret {
  /** `namespace/name`. */
  readonly where: string;
  /** PEM under ca.crt; empty where there is none. */
  readonly authority: string;
  /** PEM under tls.crt; empty where there is none. */
  readonly certificate: string;
  /** What is wrong with tls.crt and tls.key as a pair; undefined where nothing is, or where it is to hold none. */
  readonly pairFault: string | undefined;
}

/** What answers at the Service's address. */
export interface Served {
  /** PEM: the server's certificate, then those that it sent along. */
  readonly chain: readonly string[];
  /** What GET /readyz says, part by part; undefined where the answer was none of podtemper. */
  readonly readiness: Readonly<Record<string, string>> | undefined;
}

/** What came of a pod that was created by dry run. */
export interface Trial {
  /** Where: a namespace in mode enforce. */
  readonly namespace: string;
  /** The controls that change it, by the policy of the namespace; undefined where the policies are not known. */
  readonly expected: readonly string[] | undefined;
  readonly isHardened: boolean;
  /** Why the API server refused it; undefined where it did not. */
  readonly refusal: string | undefined;
}

/** Something that the service account must be allowed, and whether it is. */
export interface GrantedPermission extends Permission {
  readonly isGranted: boolean;
}

/** An installation as it was read, in one moment. Every check is a pure function of it. */
export interface Installation {
  /** Name of the webhook configurations. */
  readonly name: string;
  /** Namespace of the Service; empty where the webhook is called by URL. */
  readonly namespace: string;
  /** The mutating one first. */
  readonly configurations: readonly WebhookConfiguration[];
  readonly service: Reading<Service>;
  readonly endpointSlices: Reading<readonly EndpointSlice[]>;
  readonly deployment: Reading<Deployment>;
  readonly pods: Reading<readonly RunningPod[]>;
  /** The Secret of the authority that the replicas share, or else that of the serving certificate. */
  readonly secret: Reading<CertificateSecret>;
  readonly lease: Reading<Lease>;
  readonly policies: Reading<readonly PolicyFile[]>;
  readonly namespaces: Reading<readonly Namespace[]>;
  readonly permissions: Reading<readonly GrantedPermission[]>;
  readonly served: Reading<Served>;
  readonly trial: Reading<Trial>;
  /** Of the API server, such as `v1.37.2`. */
  readonly kubernetesVersion: Reading<string>;
  /** The API server's clock. */
  readonly now: Date;
  /** Of this program. */
  readonly version: string;
}
