import type { Volume } from '../../kubernetes.js';
import type { Subject } from './advisor.js';

interface Filled {
  readonly securityContext?: { readonly runAsUser?: number };
  readonly resources?: { readonly limits?: { readonly memory?: string } };
}

/** The user that hardening gives the container; undefined where it leaves it as it is. */
export function newUserOf({ change }: Subject): number | undefined {
  const set: Filled | undefined = change('runAsNonRoot')?.set;
  return set?.securityContext?.runAsUser;
}

/** The same, where nobody has said that it fits: neither the pod nor what is known of the image. */
export function guessedUserOf(subject: Subject): number | undefined {
  const user = newUserOf(subject);
  return user === undefined || subject.known.runAsUser === user ? undefined : user;
}

/** The memory limit that hardening gives the container. */
export function newMemoryLimitOf({ change }: Subject): string | undefined {
  const set: Filled | undefined = change('resources')?.set;
  return set?.resources?.limits?.memory;
}

/** The volumes that the container mounts and may write to, with the place of the mount. */
export function writableMountsOf({ container, pod }: Subject): { volume: Volume; index: number }[] {
  const volumes = new Map(pod.spec.volumes?.map((volume) => [volume.name, volume]));
  return (container.volumeMounts ?? []).flatMap(({ name, readOnly }, index) => {
    const volume = volumes.get(name);
    return volume === undefined || readOnly === true ? [] : [{ volume, index }];
  });
}

/** The group that the pod's volumes get: its own, or the one that hardening sets. */
export function hasFsGroup({ pod, podChange }: Subject): boolean {
  return pod.spec.securityContext?.fsGroup != null || podChange('fsGroup') !== undefined;
}
