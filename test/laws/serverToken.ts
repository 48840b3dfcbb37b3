import { isDeepStrictEqual } from 'node:util';
import type { Container, Pod, Volume } from '../../src/kubernetes.js';
import { containersOf } from './securityRules.js';
import { omit, withSpec } from './trees.js';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const prefix = 'kube-api-access-';
const drawnName = `${prefix}x7k2p`;

/** What the ServiceAccount plugin puts into its volume (TokenVolumeSource). */
export const tokenSource: Omit<Volume, 'name'> = {
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
};

/** A pod as the ServiceAccount plugin leaves it, which mounts a volume that has its name already
 *  (mountServiceAccountToken). */
export function mountToken(pod: Pod): Pod {
  const { spec } = pod;
  if (spec.automountServiceAccountToken === false) return pod;
  const present = spec.volumes?.find(({ name }) => name.startsWith(prefix))?.name;
  const mount = { name: present ?? drawnName, readOnly: true, mountPath: tokenPath };
  const isMounted = ({ volumeMounts }: Container) =>
    volumeMounts?.some(({ mountPath }) => mountPath === tokenPath) ?? false;
  if (containersOf(spec).every(isMounted)) return pod;
  const withToken = (container: Container): Container =>
    isMounted(container)
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] };
  return withSpec(pod, {
    ...(spec.initContainers && { initContainers: spec.initContainers.map(withToken) }),
    containers: spec.containers.map(withToken),
    ...(present === undefined && {
      volumes: [...(spec.volumes ?? []), { name: drawnName, ...tokenSource }],
    }),
  });
}

/** The volume that the plugin has made in a pod which names no service account of its own, where each container that
 *  mounts it does so as the plugin does: all that anybody but the workload may take away again. */
export function injectedToken({ spec }: Pod): string | undefined {
  const { serviceAccountName = '', automountServiceAccountToken: automount } = spec;
  if (!['', 'default'].includes(serviceAccountName ?? '') || typeof automount === 'boolean') return undefined;
  const [volume, ...others] = spec.volumes?.filter(({ name }) => name.startsWith(prefix)) ?? [];
  if (volume === undefined || others.length > 0) return undefined;
  const { name } = volume;
  const asMade = { name, readOnly: true, mountPath: tokenPath };
  const mounts = containersOf(spec).flatMap(({ volumeMounts }) => volumeMounts ?? []);
  const isUsed = mounts.some((mount) => mount.name === name && !isDeepStrictEqual({ ...mount }, asMade));
  return isDeepStrictEqual({ ...volume }, { name, ...tokenSource }) && !isUsed ? name : undefined;
}

/** The pod without the volume and its mounts, and without lists that hold nothing else. */
function withoutVolume(pod: Pod, volume: string): Pod {
  const others = <Item extends { readonly name: string }>(list: readonly Item[]) =>
    list.filter(({ name }) => name !== volume);
  const strip = (container: Container): Container => {
    const mounts = others(container.volumeMounts ?? []);
    return mounts.length === 0 ? omit(container, 'volumeMounts') : { ...container, volumeMounts: mounts };
  };
  const { initContainers, containers, volumes, ...spec } = pod.spec;
  const kept = others(volumes ?? []);
  return {
    ...pod,
    spec: {
      ...spec,
      ...(initContainers && { initContainers: initContainers.map(strip) }),
      containers: containers.map(strip),
      ...(kept.length > 0 && { volumes: kept }),
    },
  };
}

/** What of the pod has to be there afterwards: all of it, or all but the token that the API server had put in, where
 *  that is gone. */
export function toKeep(pod: Pod, hardened: Pod): Pod {
  const token = injectedToken(pod);
  // Two creations of one pod give it two names.
  const isThere = hardened.spec.volumes?.some(({ name }) => name.startsWith(prefix)) ?? false;
  return token === undefined || isThere ? pod : withoutVolume(pod, token);
}
