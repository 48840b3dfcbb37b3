import type { PodSpec, Volume } from '../../src/kubernetes.js';
import { containersOf } from './securityRules.js';

/** IDs that the kubelet maps for a pod with a user namespace (KEP-127). */
const mappedIds = 65_536;

const mappable = new Set([
  'configMap',
  'secret',
  'downwardAPI',
  'projected',
  'emptyDir',
  'persistentVolumeClaim',
  'ephemeral',
  'csi',
  'image',
]);

/** Why a pod with a user namespace of its own does not start. */
export function userNamespaceProblems(spec: PodSpec): string[] {
  if (spec.hostUsers !== false) return [];
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups } = spec.securityContext ?? {};
  const own = containersOf(spec).flatMap(({ securityContext }) => [
    securityContext?.runAsUser,
    securityContext?.runAsGroup,
  ]);
  const ids = [runAsUser, runAsGroup, fsGroup, ...(supplementalGroups ?? []), ...own];
  const privileged = containersOf(spec).some(({ securityContext }) => securityContext?.privileged === true);
  return [
    ...ids.filter((id) => id != null && id >= mappedIds).map((id) => `ID ${String(id)} in a user namespace`),
    ...(spec.runtimeClassName == null ? [] : ['a RuntimeClass in a user namespace']),
    ...(privileged ? ['privileged in a user namespace'] : []),
    ...(spec.volumes ?? []).flatMap(volumeProblems),
  ];
}

function volumeProblems(volume: Volume): string[] {
  const kinds = Object.entries(volume).filter(([key, value]) => key !== 'name' && value != null);
  return kinds
    .filter(([kind]) => !mappable.has(kind))
    .map(([kind]) => `volume ${volume.name} of kind ${kind} in a user namespace`);
}
