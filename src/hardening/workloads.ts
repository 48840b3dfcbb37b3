import { type Expected, nothingExpected } from './harden.js';
import { isTree, type Tree } from './merge.js';

const underSpec = ['spec', 'template'];

/** Where each built-in kind keeps its pod template, by API group and kind. */
const templates: Readonly<Record<string, readonly string[]>> = {
  '/Pod': [],
  '/PodTemplate': ['template'],
  '/ReplicationController': underSpec,
  'apps/DaemonSet': underSpec,
  'apps/Deployment': underSpec,
  'apps/ReplicaSet': underSpec,
  'apps/StatefulSet': underSpec,
  'batch/Job': underSpec,
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The keys that lead to the pod template of an object of that kind; undefined for a kind that is not built in. */
export function templatePathOf(group: string, kind: string): readonly string[] | undefined {
  const name = `${group}/${kind}`;
  return Object.hasOwn(templates, name) ? templates[name] : undefined;
}

/** An API object that may have a pod template. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly value: Tree;
}

/** What the controller of a workload gives to each of its pods, as far as a control looks at it: a StatefulSet a
 *  volume for each of its claim templates, a DaemonSet itself as the owner, who has chosen their nodes. */
export function expectedOf({ apiVersion, kind, name, value }: Workload): Expected {
  if (kind === 'DaemonSet') {
    return { volumes: [], ownerReferences: [{ apiVersion, kind, name, uid: '', controller: true }] };
  }
  if (kind !== 'StatefulSet' || !isTree(value.spec)) return nothingExpected;
  const { volumeClaimTemplates: claims } = value.spec;
  if (!Array.isArray(claims)) return nothingExpected;
  const volumes = claims.flatMap((claim: unknown) => {
    const claimName = isTree(claim) && isTree(claim.metadata) ? claim.metadata.name : undefined;
    return typeof claimName === 'string' ? [{ name: claimName, persistentVolumeClaim: { claimName } }] : [];
  });
  return { volumes, ownerReferences: undefined };
}
