import { type ContainerList, containerLists, type PodSpec } from '../../kubernetes.js';
import { targetOf } from './flags.js';
import { normalizePath } from './paths.js';

/** Where a container sees a path of the node. */
export interface HostMount {
  /** The container: `containers/app`. */
  readonly target: string;
  /** The path of the node, normalized: that of the volume, and below it the sub-path. */
  readonly path: string;
  readonly readOnly: boolean;
}

/** A volume that is a path of the node. */
export interface HostVolume {
  readonly field: string;
  /** The path as it is spelt. */
  readonly found: string;
  /** The path normalized. */
  readonly path: string;
  readonly type: string;
  readonly mounts: readonly HostMount[];
}

const none: readonly HostVolume[] = [];

/** The hostPath volumes of a pod with their mounts. Most pods have none, of which the mounts are not even looked at. */
export function hostVolumesOf(spec: PodSpec): readonly HostVolume[] {
  if (spec.volumes == null) return none;
  let found: Map<string, HostVolume & { mounts: HostMount[] }> | undefined;
  for (const [index, { name, hostPath }] of spec.volumes.entries()) {
    if (hostPath == null) continue;
    const field = `spec.volumes[${index}].hostPath.path`;
    const { path, type } = hostPath;
    (found ??= new Map()).set(name, {
      field,
      found: path,
      path: normalizePath(path),
      type: type ?? '',
      mounts: [],
    });
  }
  if (found === undefined) return none;
  for (const list of containerLists) addMounts(spec, list, found);
  return [...found.values()];
}

function addMounts(
  spec: PodSpec,
  list: ContainerList,
  volumes: ReadonlyMap<string, HostVolume & { mounts: HostMount[] }>,
): void {
  for (const container of spec[list] ?? []) {
    const target = targetOf(list, container);
    for (const { name, subPath, readOnly } of container.volumeMounts ?? []) {
      const volume = volumes.get(name);
      if (volume === undefined) continue;
      // What subPathExpr comes to is not known before the container starts.
      const path =
        subPath == null || subPath === '' ? volume.path : normalizePath(`${volume.path}/${subPath}`);
      volume.mounts.push({ target, path, readOnly: readOnly === true });
    }
  }
}

/** The containers of some mounts, each once. */
export function targetsOf(mounts: readonly HostMount[]): string[] {
  return [...new Set(mounts.map(({ target }) => target))];
}
