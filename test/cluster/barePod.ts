import type { V1Pod } from '@kubernetes/client-node';
import { type ApiResponse } from './apiClient.js';
import { type Cluster } from './cluster.js';

/** Label that opts a namespace in. */
export const modeLabel = 'podtemper.io/mode';
/** Label that chooses a namespace's policy. */
export const policyLabel = 'podtemper.io/policy';
/** Labels of a namespace that admits only what the strictest Pod Security level allows. */
export const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
/** Annotation that tells of a hardened pod. */
export const hardenedAnnotation = 'podtemper.io/hardened';

/** A pod of one container that says nothing of security. */
export const barePod = {
  metadata: { name: 'bare' },
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
};

/** The controls that change a pod which says nothing, in the order in which they are told of. */
export const usualControls =
  'allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, resources, runAsNonRoot, seccompProfile';

/** What becomes of a container that says nothing. */
export const hardContainer = {
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '1Gi' } },
};

/** The bare pod with these annotations. */
export const annotated = (annotations: Record<string, string>) => ({
  ...barePod,
  metadata: { ...barePod.metadata, annotations },
});

/** A policy document. */
export const policyNamed = (name: string, spec: object) => ({
  apiVersion: 'podtemper.io/v1alpha1',
  kind: 'HardeningPolicy',
  metadata: { name },
  spec,
});

/** Lets the API server judge a pod by dry run, with all of its admission chain. */
export function dryRun(cluster: Cluster, namespace: string, pod: unknown): Promise<ApiResponse<V1Pod>> {
  return cluster.request<V1Pod>('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
}

/** Warnings of ours, without the prefix, and wrapped lines joined. */
export function ownWarnings(warnings: readonly string[]): string[] {
  const own: string[] = [];
  for (const text of warnings) {
    const [, indent = '', line = ''] = /^podtemper:( +)(.*)$/.exec(text) ?? [];
    if (indent.length > 1) own.push(`${own.pop() ?? ''} ${line}`);
    else if (indent.length === 1) own.push(line);
  }
  return own;
}
