import type { ContainerList } from '../kubernetes.js';

/** Most containers of a list whose pointers are kept; nearly all pods have fewer. */
const mostKept = 32;

/** Pointers to the fields of what a pointer leads to, by key: of the pod's spec, of containers, of what hangs below, as deep as
 *  controls write. */
const kept = new Map<string, Map<string, string>>([['/spec', new Map()]]);
const containers: Partial<Record<ContainerList | 'ephemeralContainers', string[]>> = {};

/** JSON Pointer (RFC 6901) to a container. The same string each time, as a rule, so that what is remembered by it is
 *  found without a look at its characters. */
export function pointerToContainer(list: ContainerList | 'ephemeralContainers', index: number): string {
  const known = (containers[list] ??= []);
  let pointer = known[index];
  if (pointer === undefined) {
    pointer = `/spec/${list}/${index}`;
    if (index === known.length && index < mostKept) {
      known.push(pointer);
      kept.set(pointer, new Map());
    }
  }
  return pointer;
}

/** JSON Pointer to the field `key` of what `parent` leads to; the same string each time below those above. */
export function pointerBelow(parent: string, key: string): string {
  const fields = kept.get(parent);
  let pointer = fields?.get(key);
  if (pointer === undefined) {
    pointer = `${parent}/${escapeKey(key)}`;
    if (fields !== undefined) {
      fields.set(key, pointer);
      kept.set(pointer, new Map());
    }
  }
  return pointer;
}

/** A key as a JSON Pointer spells it (RFC 6901). */
function escapeKey(key: string): string {
  return key.includes('/') || key.includes('~') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}
