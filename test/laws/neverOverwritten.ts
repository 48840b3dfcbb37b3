import type { Operation } from 'fast-json-patch';
import type { Pod } from '../../src/kubernetes.js';
import { overwrittenLeaves, weakenedChoices } from './choices.js';
import { expectNone, hardenIn, type Law } from './scenario.js';
import { isSamePath, keysOfPointer, markPath, valueAt } from './trees.js';
import { outvoted } from './schedulingRules.js';
import { injectedToken, toKeep } from './serverToken.js';

/** Law 2: what the workload set, and what it inherits, stays to the letter; a patch only adds. The one exception is the
 *  token of a service account that nobody named: what the API server has put in for it may go, and nothing else. */
export const neverOverwritten: Law = (scenario, { harden }) => {
  const { pod } = scenario;
  const { hardened, patch } = hardenIn(scenario, pod, harden);
  const kept = toKeep(pod, hardened);
  expectNone(overwrittenLeaves(kept, hardened), 'overwritten');
  expectNone(overwriting(pod, patch), 'the patch overwrites');
  expectNone(outvoted(pod.spec, hardened.spec), 'the choice of nodes is another');
  expectNone(weakenedChoices(pod, hardened), 'not what it chose to be');
};

/** Operations that are no `add`, or one on a place that holds something. After the first that takes away the token only
 *  others of that kind may come, and the mark, so that no index has moved before an `add`. */
export function overwriting(pod: Pod, patch: readonly Operation[]): string[] {
  const token = injectedToken(pod);
  const firstRemoval = patch.findIndex(({ op }) => op === 'remove');
  return patch.flatMap(({ op, path }, position) => {
    const keys = keysOfPointer(path);
    if (op === 'remove' && token !== undefined && nameAt(pod, keys) === token) return [];
    if (op !== 'add') return [`${op} ${path}`];
    if (firstRemoval !== -1 && position > firstRemoval && !path.startsWith('/metadata'))
      return [`add on ${path} after a removal`];
    const isInsertion = Array.isArray(valueAt(pod, keys.slice(0, -1))) && keys.at(-1) !== '-';
    const present = valueAt(pod, keys);
    const isFree = present === undefined || present === null || isSamePath(keys, markPath);
    return isFree && !isInsertion ? [] : [`add on ${path}`];
  });
}

/** The name of the volume or mount at a path, each of them as it was before any was removed. */
function nameAt(pod: Pod, keys: readonly string[]): unknown {
  return ['volumes', 'volumeMounts'].includes(keys.at(-2) ?? '')
    ? valueAt(pod, [...keys, 'name'])
    : undefined;
}
