import { describe, expect, it } from '@jest/globals';
import { violationsOf } from '../../src/standards/assess.js';
import { baseline } from '../../src/standards/baseline.js';
import { restricted } from '../../src/standards/restricted.js';
import { newestVersion, type Version } from '../../src/standards/version.js';
import { cases } from './cases.js';
import { restrictedPod } from './restrictedPod.js';

const checks = [...baseline, ...restricted];
const versions = Array.from({ length: newestVersion + 1 }, (_, minor) => minor);
const table = Object.entries(cases).flatMap(([group, own]) => own.map((one) => ({ group, ...one })));

/** `1.8-1.24`; without an end where it reaches the newest version. */
function rangeOf(minors: readonly Version[]): string {
  const [first, last] = [minors[0], minors.at(-1)];
  if (last !== undefined && first !== undefined && minors.length !== last - first + 1) return minors.join();
  return `1.${first}-${last === newestVersion ? '' : `1.${last}`}`;
}

describe.each(Object.keys(cases))('%s', (group) => {
  it.each(table.filter((one) => one.group === group))('$title', ({ changes, breaks, where }) => {
    const pod = restrictedPod(changes);
    const broken = new Map<string, Set<Version>>();
    for (const version of versions) {
      for (const level of ['baseline', 'restricted'] as const) {
        for (const { check } of violationsOf(pod, level, version)) {
          broken.set(check, (broken.get(check) ?? new Set()).add(version));
        }
      }
    }
    const ranges = Array.from(broken, ([check, minors]) => [check, rangeOf([...minors])]);
    expect(Object.fromEntries(ranges)).toEqual(breaks);
    if (where !== undefined) {
      const places = violationsOf(pod, 'restricted', newestVersion).map(
        ({ target, field }) => `${target} ${field}`,
      );
      expect(places).toEqual(where);
    }
  });
});

describe('the table', () => {
  it('breaks every check, and breaks it no longer', () => {
    const broken = new Set(table.flatMap(({ breaks }) => Object.keys(breaks)));
    expect(checks.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([]);
    const groups = Object.entries(cases).filter(([, own]) =>
      own.every(({ breaks }) => Object.keys(breaks).length > 0),
    );
    expect(groups.map(([group]) => group)).toEqual([]);
  });
});

describe('level restricted', () => {
  it.each(
    checks.flatMap(({ id, since, overrides }) => (overrides === undefined ? [] : [{ id, since, overrides }])),
  )('has $id in place of $overrides', ({ id, since, overrides }) => {
    const pods = table
      .filter(({ breaks }) => overrides in breaks)
      .map(({ changes }) => restrictedPod(changes));
    for (const pod of pods) {
      for (const version of versions) {
        const found = violationsOf(pod, 'restricted', version).map(({ check }) => check);
        expect(found.includes(overrides)).toBe(
          version < since && violationsOf(pod, 'baseline', version).some(({ check }) => check === overrides),
        );
      }
    }
    expect(checks.some((check) => check.id === id && check.level === 'restricted')).toBe(true);
  });
});
