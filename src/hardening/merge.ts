import type { Operation } from 'fast-json-patch';
import { deepFreeze } from '../controls/kit/freeze.js';
import { pointerBelow } from './pointer.js';

export type Tree = Readonly<Record<string, unknown>>;

/** Whether it is a JSON object. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The sets of several controls for one target as one. Lists are joined. Frozen sets are shared by many pods, so
 *  what comes of them is worked out once and shared too. */
export function combine(sets: readonly Tree[]): Tree {
  let branch = sharedSets;
  let isShared = true;
  for (const set of sets) {
    if (!Object.isFrozen(set)) {
      isShared = false;
      break;
    }
    branch = branch.followedBy(set);
  }
  return isShared ? (branch.combined ??= deepFreeze(gatherAll(sets))) : gatherAll(sets);
}

/** A sequence of shared sets; those that can follow it hang below. */
class SharedSets {
  combined: Tree | undefined;
  readonly #following = new WeakMap<Tree, SharedSets>();

  followedBy(set: Tree): SharedSets {
    let next = this.#following.get(set);
    if (next === undefined) {
      next = new SharedSets();
      this.#following.set(set, next);
    }
    return next;
  }
}

const sharedSets = new SharedSets();

function gatherAll(sets: readonly Tree[]): Tree {
  const wanted = {};
  for (const set of sets) gather(wanted, set);
  return wanted;
}

/** `wanted` holds no part of any set, so that it can be added to in place. */
function gather(wanted: Record<string, unknown>, set: Tree): void {
  for (const key of Object.keys(set)) {
    const value = set[key];
    const present = wanted[key];
    if (isTree(value)) {
      const branch = isTree(present) ? (present as Record<string, unknown>) : (wanted[key] = {});
      gather(branch, value);
    } else if (Array.isArray(value)) {
      wanted[key] = Array.isArray(present) ? [...(present as unknown[]), ...(value as unknown[])] : value;
    } else {
      wanted[key] = value;
    }
  }
}

/** The operations that add to `target` what `wanted` has and it lacks. What is set stays to the letter; a list is
 *  appended to. As deep as `wanted`, whatever the depth of `target`.
 *  @throws TypeError where it holds something else than the mapping or list that is to be added to: no operation could
 *  be applied there */
export function addOperations(target: unknown, wanted: Tree, pointer: string, operations: Operation[]): void {
  if (!isTree(target)) throw misfit(pointer, 'a mapping');
  for (const key of Object.keys(wanted)) {
    const value = wanted[key];
    const present = target[key];
    if (present == null) {
      operations.push({ op: 'add', path: pointerBelow(pointer, key), value });
    } else if (Array.isArray(value)) {
      if (!Array.isArray(present)) throw misfit(`${pointer}/${key}`, 'a list');
      const path = pointerBelow(pointerBelow(pointer, key), '-');
      for (const item of value as unknown[]) operations.push({ op: 'add', path, value: item });
    } else if (isTree(value)) {
      addOperations(present, value, pointerBelow(pointer, key), operations);
    }
  }
}

function misfit(pointer: string, expected: string): TypeError {
  return new TypeError(`${pointer}: expected ${expected}`);
}

/** The operations that fill fields in items of the target's own lists: `items` holds list, index, fields. */
export function addItemOperations(target: Tree, items: Tree, pointer: string, operations: Operation[]): void {
  for (const [key, wanted] of Object.entries(items)) {
    const list = target[key] as readonly Tree[];
    for (const [index, fields] of Object.entries(wanted as Readonly<Record<string, Tree>>))
      addOperations(itemAt(list, index), fields, `${pointer}/${key}/${index}`, operations);
  }
}

/** A copy of `target` as those operations leave it. */
export function withItemsFilled(target: Tree, items: Tree): Tree {
  const copy: Record<string, unknown> = { ...target };
  for (const [key, wanted] of Object.entries(items)) {
    const list = [...(target[key] as readonly Tree[])];
    for (const [index, fields] of Object.entries(wanted as Readonly<Record<string, Tree>>))
      list[Number(index)] = filled(itemAt(list, index), fields);
    copy[key] = list;
  }
  return copy;
}

function itemAt(list: readonly Tree[], index: string): Tree {
  const item = list[Number(index)];
  if (item === undefined) throw new RangeError(`expected an item ${index}, found a list of ${list.length}`);
  return item;
}

/** A copy of `target` as those operations leave it, sharing with it all that they do not touch. */
export function filled(target: Tree, wanted: Tree): Tree {
  const copy: Record<string, unknown> = { ...target };
  for (const key of Object.keys(wanted)) {
    const value = wanted[key];
    const present = target[key];
    if (present == null) copy[key] = value;
    else if (Array.isArray(value)) copy[key] = [...(present as unknown[]), ...(value as unknown[])];
    else if (isTree(value) && isTree(present)) copy[key] = filled(present, value);
  }
  return copy;
}
