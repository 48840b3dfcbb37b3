import type { Operation } from 'fast-json-patch';
import { containerLists, type PodSpec } from '../kubernetes.js';

/** The operations that take a volume out of a pod with every mount of it, the last of each list first, so that every
 *  index still holds. For after all others: those append to lists. */
export function removeVolumeOperations(spec: PodSpec, volume: string, operations: Operation[]): void {
  for (const list of containerLists) {
    spec[list]?.forEach(({ volumeMounts }, container) => {
      for (const index of placesOf(volume, volumeMounts))
        operations.push({ op: 'remove', path: `/spec/${list}/${container}/volumeMounts/${index}` });
    });
  }
  for (const index of placesOf(volume, spec.volumes))
    operations.push({ op: 'remove', path: `/spec/volumes/${index}` });
}

/** A copy of `spec` as those operations leave it. */
export function withoutVolume(spec: PodSpec, volume: string): PodSpec {
  const copy: Record<string, unknown> = { ...spec };
  for (const list of containerLists) {
    if (spec[list] == null) continue;
    copy[list] = spec[list].map((container) =>
      placesOf(volume, container.volumeMounts).length === 0
        ? container
        : { ...container, volumeMounts: container.volumeMounts?.filter(({ name }) => name !== volume) },
    );
  }
  copy.volumes = spec.volumes?.filter(({ name }) => name !== volume);
  return copy as unknown as PodSpec;
}

function placesOf(volume: string, list: readonly { readonly name: string }[] | undefined): number[] {
  return list?.flatMap(({ name }, index) => (name === volume ? [index] : [])).toReversed() ?? [];
}
