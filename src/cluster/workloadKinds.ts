/** A built-in kind that pods come of, as the API server and kubectl name it. */
export interface WorkloadKind {
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural, as in paths and in RBAC: `deployments`. */
  readonly resource: string;
  /** As kubectl abbreviates it. */
  readonly shortName?: string;
}

/** All of them. */
export const workloadKinds: readonly WorkloadKind[] = [
  { kind: 'Pod', group: '', version: 'v1', resource: 'pods', shortName: 'po' },
  { kind: 'PodTemplate', group: '', version: 'v1', resource: 'podtemplates' },
  {
    kind: 'ReplicationController',
    group: '',
    version: 'v1',
    resource: 'replicationcontrollers',
    shortName: 'rc',
  },
  { kind: 'DaemonSet', group: 'apps', version: 'v1', resource: 'daemonsets', shortName: 'ds' },
  { kind: 'Deployment', group: 'apps', version: 'v1', resource: 'deployments', shortName: 'deploy' },
  { kind: 'ReplicaSet', group: 'apps', version: 'v1', resource: 'replicasets', shortName: 'rs' },
  { kind: 'StatefulSet', group: 'apps', version: 'v1', resource: 'statefulsets', shortName: 'sts' },
  { kind: 'CronJob', group: 'batch', version: 'v1', resource: 'cronjobs', shortName: 'cj' },
  { kind: 'Job', group: 'batch', version: 'v1', resource: 'jobs' },
];

/** The kind that kubectl would take a word for: `deployment`, `deployments`, `deploy`, `Deployment`, `deployments.apps`. */
export function workloadKindNamed(word: string): WorkloadKind | undefined {
  const wanted = word.toLowerCase();
  return workloadKinds.find(({ kind, group, version, resource, shortName }) => {
    const names = [kind.toLowerCase(), resource, ...(shortName === undefined ? [] : [shortName])];
    return names.some((name) => [name, `${name}.${group}`, `${name}.${version}.${group}`].includes(wanted));
  });
}

/** The kind of an object, by what it says of itself. */
export function workloadKindOf(apiVersion: string, kind: string): WorkloadKind | undefined {
  return workloadKinds.find(
    (one) =>
      one.kind === kind && (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion,
  );
}

/** `deployments.apps`, as RBAC and errors of the API server spell it. */
export function resourceName({ resource, group }: WorkloadKind): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Path of the list of a kind in a namespace. */
export function listPath({ group, version, resource }: WorkloadKind, namespace: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${namespace}/${resource}`;
}
