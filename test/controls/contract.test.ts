import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { controls } from '../../src/controls/index.js';
import type { Decision } from '../../src/controls/kit/decision.js';
import type { Control } from '../../src/controls/kit/define.js';
import { explain } from '../../src/hardening/explain.js';
import { engineSkips, exemptions } from '../../src/hardening/report.js';
import { isAdvisory } from '../../src/policy/catalogue.js';

const root = join(import.meta.dirname, '../..');
const named = controls.map((control: Control) => [control.id, control] as const);

/** Texts stand within a longer sentence: no capital of their own, no full stop. */
const clause = /^(?:[a-z].*[^.\s]|[A-Z][A-Za-z]*[A-Z].*[^.\s])$/;
/** Texts stand alone. */
const sentence = /^[A-Z].*[^\s]\.$/;
const code = /^[a-z][A-Za-z]+$/;

const explained = (control: Control, decision: Decision, mode: 'enforce' | 'warn' | 'audit' = 'enforce') =>
  explain({ control: control.id, target: 'containers/app', mode, decision }, control);

const optionsSchema = z.object({
  properties: z.record(z.string(), z.object({ description: z.string().min(10) })).optional(),
});

describe('the registry', () => {
  it('holds each file of the folder, by the name of the field that it sets', () => {
    const files = readdirSync(join(root, 'src/controls'), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'index.ts')
      .map(({ name }) => name.replace(/\.ts$/, ''));
    expect(controls.map(({ id }) => id)).toEqual(files.toSorted());
  });

  it('is documented, control by control', () => {
    const page = readFileSync(join(root, 'docs/controls.md'), 'utf8');
    for (const [id, { docs }] of named) {
      expect(page).toContain(id);
      expect(page).toContain(docs.summary);
    }
  });
});

describe.each(named)('%s', (_id, control) => {
  const { docs, skips, notes, flags, writes, scope } = control;
  const codes = [...Object.keys(skips), ...Object.keys(notes), ...Object.keys(flags)];

  it('says what it does, why, what may break, and who asks for it', () => {
    expect(docs.summary).toMatch(sentence);
    expect(docs.why).toMatch(sentence);
    expect(docs.mayBreak).toMatch(sentence);
    expect(docs.source).toMatch(/^https:\/\/kubernetes\.io\/docs\/[a-z/-]+(?:#[a-z-]+)?$/);
    expect(docs.remedy ?? 'opt out: by annotation').toMatch(/^\S.*: \S/);
  });

  it('has codes of its own, which the engine does not use', () => {
    for (const one of codes) expect(one).toMatch(code);
    expect(new Set([...codes, ...Object.keys(engineSkips)]).size).toBe(
      codes.length + Object.keys(engineSkips).length,
    );
  });

  it('has a sentence for each reason and note, told apart from the others', () => {
    const meanings = Object.values(flags).map(({ means }) => means);
    const texts = [...Object.values(skips), ...Object.values(notes), ...meanings];
    for (const text of texts) expect(text).toMatch(clause);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('explains each reason, with what stood in the way', () => {
    for (const [reason, text] of Object.entries({ ...engineSkips, ...skips })) {
      expect(explained(control, { kind: 'skip', reason })).toEqual({
        verdict: 'skip',
        sentence: text,
        notes: [],
      });
      expect(explained(control, { kind: 'skip', reason, detail: 'quota' }).sentence).toBe(`${text} (quota)`);
    }
  });

  it('explains each note, on a change and on none', () => {
    for (const [note, text] of Object.entries(notes)) {
      expect(explained(control, { kind: 'change', set: {}, notes: [note] }).notes).toEqual([text]);
      expect(explained(control, { kind: 'keep', notes: [note] }).notes).toEqual([text]);
    }
  });

  it('explains a change, as one that would be made where its mode makes none', () => {
    const change = { kind: 'change', set: {} } as const;
    expect(explained(control, change)).toEqual({ verdict: 'change', sentence: docs.summary, notes: [] });
    expect(explained(control, change, 'warn').verdict).toBe('would change');
    expect(explained(control, change, 'audit').verdict).toBe('would change');
    expect(explained(control, { kind: 'keep' })).toMatchObject({
      verdict: 'keep',
      sentence: expect.stringContaining(' '),
    });
  });

  it('explains each finding, with what its code cannot say', () => {
    for (const [flag, { severity, means }] of Object.entries(flags)) {
      const found = { code: flag, field: 'spec.hostPID', found: 'true', targets: [], write: 'nothing' };
      expect(explained(control, { kind: 'flag', flags: [found, found], more: 0 })).toEqual({
        verdict: 'flag',
        sentence: means,
        notes: [],
      });
      const detailed = explained(control, {
        kind: 'flag',
        flags: [{ ...found, detail: 'by the way' }],
        more: 7,
      });
      expect(detailed.sentence).toBe(`${means} (by the way)`);
      expect(detailed.notes).toEqual(['and 7 more of the kind']);
      expect(['high', 'medium', 'low']).toContain(severity);
    }
  });

  it('either changes pods or finds what no patch can mend', () => {
    expect(writes.length > 0).toBe(Object.keys(flags).length === 0);
    expect(control.modes).toEqual(
      writes.length > 0 ? ['off', 'audit', 'warn', 'enforce'] : ['off', 'audit', 'warn', 'deny'],
    );
    expect(control.modes).toContain(control.defaultMode);
  });

  it('declares fields of what it looks at', () => {
    if (isAdvisory(control)) return;
    expect(writes.length).toBeGreaterThan(0);
    const own = writes.filter((field) => field.startsWith('containers[*].') === (scope === 'container'));
    expect(own.length).toBeGreaterThan(0);
    // A control of containers may add volumes, which the pod holds for them.
    expect(writes.filter((field) => !own.includes(field) && field !== 'volumes')).toEqual([]);
    for (const field of writes)
      expect(field).toMatch(/^[a-z][A-Za-z]*(?:\[\*\])?(?:\.[a-z][A-Za-z]*(?:\[\*\])?)*$/);
  });

  it('takes away only what others put in, and only where a policy asks for it', () => {
    const removes: readonly string[] = control.removes ?? [];
    for (const list of removes) expect(list).toMatch(/^(?:containers\[\*\]\.)?[a-z][A-Za-z]*$/);
    expect(removes.filter((list) => writes.includes(list))).toEqual([]);
    if (control.removes !== undefined) expect(control.defaultMode).toBe('off');
  });

  it('describes its options, all of which may be left out', () => {
    const schema = z.toJSONSchema(control.options, { io: 'input' });
    expect(optionsSchema.safeParse(schema).error).toBeUndefined();
    expect(() => control.bind({})).not.toThrow();
    expect(() => control.bind({ noSuchOption: 1 })).toThrow(/noSuchOption/);
  });
});

describe('the engine', () => {
  it('has a sentence for each reason of its own', () => {
    for (const [reason, text] of Object.entries({ ...engineSkips, ...exemptions })) {
      expect(reason).toMatch(code);
      expect(text).toMatch(clause);
    }
  });
});
