import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import jsonPatch from 'fast-json-patch';
import { controls } from '../../src/controls/index.js';
import type { Control } from '../../src/controls/kit/define.js';
import { engineSkips, exemptions, type Report } from '../../src/hardening/report.js';
import type { Pod } from '../../src/kubernetes.js';
import { isAdvisory } from '../../src/policy/catalogue.js';
import {
  afterOf,
  engineFolder,
  type ExpectedFinding,
  findingsOf,
  type Fixture,
  foldersOf,
  hardenAs,
  loadFixtures,
  podOf,
  rewrite,
} from './runner.js';

const root = dirname(fileURLToPath(import.meta.url));
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';
const ids: readonly string[] = controls.map(({ id }) => id);
/** Folders that hold tests and no fixtures. */
const otherFolders = ['kit'];

const fixtures = new Map(
  [...ids, engineFolder].filter((id) => existsSync(join(root, id))).map((id) => [id, loadFixtures(root, id)]),
);

for (const [folder, cases] of fixtures) {
  describe(folder, () => {
    for (const fixture of cases) it(fixture.title, () => check(fixture));
  });
}

function check(fixture: Fixture): void {
  const before = frozen(podOf(fixture.before));
  const report = hardenAs(fixture, before);
  const after = afterOf(fixture, report);
  const findings = findingsOf(fixture, report);
  if (isUpdating) {
    rewrite(fixture, isDeepStrictEqual(after, fixture.before) ? 'unchanged' : after, findings);
    return;
  }
  expect(after).toEqual(fixture.after === 'unchanged' ? fixture.before : fixture.after);
  expect(sorted(findings)).toEqual(sorted(fixture.findings));
  expect(report.exemption).toBe(fixture.exemption);
  expect(report.notices.map(({ code }) => code)).toEqual(fixture.notices);
  expectPatchToLeadThere(before, report);
  const again = hardenAs(fixture, frozen(report.hardened));
  expect(again.patch).toEqual([]);
  expect(again.hardened).toEqual(report.hardened);
}

function expectPatchToLeadThere(before: Pod, { changed, patch, hardened }: Report): void {
  const others = patch.filter(({ op }) => op !== 'add');
  const mayRemove = controls.some(
    (control: Control) => control.removes !== undefined && changed.includes(control.id),
  );
  expect(others.filter(({ op }) => op !== 'remove' || !mayRemove)).toEqual([]);
  expect(patch.slice(patch.length - others.length - 1, -1)).toEqual(others);
  const patched = jsonPatch.applyPatch(
    structuredClone(before),
    structuredClone([...patch]),
    true,
  ).newDocument;
  expect(patched).toEqual(hardened);
}

/** The value, made read-only to the bottom: a control that writes into its input throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

function sorted(findings: readonly ExpectedFinding[]): ExpectedFinding[] {
  const key = ({ target, control }: ExpectedFinding) => `${target} ${control ?? ''}`;
  return findings.toSorted((a, b) => key(a).localeCompare(key(b)));
}

describe('the fixtures', () => {
  it('have a folder for each control, and no other', () => {
    expect(foldersOf(root).toSorted()).toEqual([...ids, engineFolder, ...otherFolders].toSorted());
  });

  it('are named by what happens', () => {
    const files = [...fixtures.values()].flat();
    const odd = files.filter(
      ({ file, name }) => !file.endsWith('.yaml') || !/^[a-z0-9]+(-[a-z0-9]+){2,}$/.test(name),
    );
    expect(odd.map(({ file }) => file)).toEqual([]);
  });

  it('have titles that tell them apart', () => {
    const titles = [...fixtures].flatMap(([folder, cases]) => cases.map(({ title }) => `${folder} ${title}`));
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it.each(controls.map((control: Control) => [control.id, control] as const))(
    'show every outcome of %s',
    (id, control) => {
      const seen = outcomesOfAll(fixtures.get(id) ?? []);
      expect(outcomesOf(control).filter((outcome) => !seen.has(outcome))).toEqual([]);
    },
  );

  it('show every reason of the engine, and every exemption', () => {
    const all = [...fixtures.values()].flat();
    const seen = outcomesOfAll(all);
    expect(namesOf('skip', engineSkips).filter((outcome) => !seen.has(outcome))).toEqual([]);
    const exempt = new Set(all.map(({ exemption }) => exemption));
    // A pod in a namespace that did not opt in never gets as far as a control, and one with too many containers or
    // bytes would be too long to read: test/admission shows them.
    const elsewhere = new Set(['notOptedIn', 'tooManyContainers', 'nearlyTooLarge']);
    const shown = Object.keys(exemptions).filter((exemption) => !elsewhere.has(exemption));
    expect(shown.filter((exemption) => !exempt.has(exemption))).toEqual([]);
  });
});

/** All that a control can come to, as it declares it, and what keeps the engine from asking it. */
function outcomesOf(control: Control): string[] {
  const { skips, notes, flags, scope, os } = control;
  const windows = os === 'linux' ? ['skip windows'] : [];
  if (isAdvisory(control)) return ['keep', 'skip optedOut', ...namesOf('flag', flags), ...windows];
  return [
    'change',
    'keep',
    ...namesOf('skip', skips),
    ...namesOf('note', notes),
    ...(scope === 'container' ? ['skip privileged'] : []),
    ...windows,
    'skip imageCannot',
  ];
}

function namesOf(kind: string, codes: object): string[] {
  return Object.keys(codes).map((code) => `${kind} ${code}`);
}

function outcomesOfAll(cases: readonly Fixture[]): ReadonlySet<string> {
  return new Set(cases.flatMap(({ findings }) => findings.flatMap(outcomesIn)));
}

function outcomesIn({ change, keep, skip, flag = [], notes = [] }: ExpectedFinding): string[] {
  const outcomes = notes.map((note) => `note ${note}`).concat(flag.map(({ code }) => `flag ${code}`));
  if (change) outcomes.push('change');
  if (keep) outcomes.push('keep');
  if (skip !== undefined) outcomes.push(`skip ${skip}`);
  return outcomes;
}
