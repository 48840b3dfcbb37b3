import type { Pod } from '../../src/kubernetes.js';
import type { Tree } from '../laws/trees.js';

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod that every version of the standards takes for restricted, with a container of each kind, and these fields:
 *  of the pod, of its spec, and of the one kind of container that is named. */
export function restrictedPod({ app, setup, debug, metadata, ...spec }: Changes = {}): Pod {
  const container = (name: string, changes: Tree = {}) => ({
    name,
    image: 'app',
    ...changes,
    securityContext: { ...securityContext, ...(changes.securityContext as Tree | undefined) },
  });
  const pod: unknown = {
    metadata,
    spec: {
      initContainers: [container('setup', setup)],
      containers: [container('app', app)],
      ephemeralContainers: [container('debug', debug)],
      ...spec,
    },
  };
  return pod as Pod;
}

/** Fields of the containers by their names, of the metadata, and of the spec. */
export interface Changes extends Tree {
  readonly app?: Tree;
  readonly setup?: Tree;
  readonly debug?: Tree;
  readonly metadata?: Tree;
}
