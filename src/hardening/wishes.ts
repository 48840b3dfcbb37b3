import type { Operation } from 'fast-json-patch';
import type { ContainerList, Pod, PodSpec } from '../kubernetes.js';
import type { Mark } from './mark.js';
import { addItemOperations, addOperations, filled, type Tree, withItemsFilled } from './merge.js';
import { pointerToContainer } from './pointer.js';
import { withoutVolume } from './removal.js';

/** What the controls want of one object below the pod. */
export interface Wish {
  readonly list: ContainerList | 'ephemeralContainers' | undefined;
  readonly index: number;
  readonly target: Tree;
  readonly wanted: Tree;
  /** What only this object gets. */
  readonly own: Tree | undefined;
  /** What is filled in items of its lists. */
  readonly items: Tree | undefined;
}

/** The operations that grant all wishes. */
export function operationsOf(wishes: readonly Wish[]): Operation[] {
  const patch: Operation[] = [];
  for (const { list, index, target, wanted, own, items } of wishes) {
    const pointer = list === undefined ? '/spec' : pointerToContainer(list, index);
    addOperations(target, wanted, pointer, patch);
    if (own !== undefined) addOperations(target, own, pointer, patch);
    if (items !== undefined) addItemOperations(target, items, pointer, patch);
  }
  return patch;
}

const noTree: Tree = {};

/** The pod with all wishes granted, sharing with it all that no wish touches. */
export function grant(
  pod: Pod,
  wishes: readonly Wish[],
  removed: readonly string[],
  mark: Mark | undefined,
): Pod {
  let spec = pod.spec as unknown as Tree;
  const copied = new Set<Wish['list']>();
  for (const { list, index, target, wanted, own = noTree, items = noTree } of wishes) {
    if (list === undefined) spec = filled(spec, wanted);
    else {
      // Once, not once a container.
      if (!copied.has(list)) spec = { ...spec, [list]: [...(spec[list] as unknown[])] };
      copied.add(list);
      (spec[list] as unknown[])[index] = withItemsFilled(filled(filled(target, wanted), own), items);
    }
  }
  const kept = removed.reduce(withoutVolume, spec as unknown as PodSpec);
  return { ...pod, ...(mark && { metadata: mark.metadata() }), spec: kept };
}
