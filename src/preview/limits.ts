import { ManifestError } from '../errors.js';
import { containerLists } from '../kubernetes.js';
import type { Manifests } from './manifests.js';
import { valueAt } from './paths.js';

/** The fault of manifests with more containers than `max`: a report is many times as long as its manifest. */
export function crowdFault(
  manifests: readonly Manifests[],
  max = Number.POSITIVE_INFINITY,
): ManifestError | undefined {
  let count = 0;
  for (const { source, objects } of manifests.flatMap(({ documents }) => documents)) {
    for (const { path, template, value } of objects) {
      count += template === undefined ? 0 : containersIn(valueAt(value, [...template, 'spec']));
      if (count <= max) continue;
      const expected = `${max} containers at most in one preview`;
      const advice = 'send fewer objects at a time, or use podtemper preview';
      return new ManifestError(
        { where: 'manifest', expected, found: 'more', advice },
        source.positionOf(path),
      );
    }
  }
  return undefined;
}

function containersIn(spec: unknown): number {
  const lists = containerLists.map((list) => valueAt(spec, [list]));
  return lists.reduce((sum: number, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

/** Most faults that are reported: nobody reads more. */
const maxFaults = 100;

/** The first of the faults, and how many there are in all where that is too many. */
export function firstOf(faults: readonly ManifestError[]): readonly ManifestError[] {
  if (faults.length <= maxFaults) return faults;
  const found = `${faults.length}, of which these are the first`;
  const excess = new ManifestError({ where: 'manifest', expected: `${maxFaults} faults at most`, found });
  return [...faults.slice(0, maxFaults), excess];
}
