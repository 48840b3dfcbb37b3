import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutManagedFields } from '../../src/admission/managedFields.js';

/** A review that a real API server wrote. */
const real = readFileSync('bench/reviews/medium.json', 'utf8').trim();
const start = real.indexOf('"managedFields":[');
const end = real.indexOf(']},"spec"');

/** The same with all lists of managedFields emptied. */
function emptied(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      key === 'managedFields' && Array.isArray(item) ? [] : item,
    ),
  );
}

function parsed(text: string): unknown {
  try {
    return { value: emptied(JSON.parse(text)) };
  } catch {
    return 'no JSON';
  }
}

/** Texts that are nearly the real one: a few characters put in or taken out, mostly among the managed fields. */
const nearlyReal = fc
  .array(
    fc.record({
      at: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: start, max: end + 2 }) }, fc.nat(real.length)),
      removed: fc.constantFrom(0, 0, 1, 2, 20),
      inserted: fc.oneof(
        fc.string({
          unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', ' ', 'u', '0', '\n', '\u0122', 'é'),
          maxLength: 4,
        }),
        fc.constantFrom(
          '"managedFields":[',
          '"managedFields":[{"a":{}}],',
          '{}',
          ',"x":{}',
          '"\\u0041"',
          '\\"',
        ),
      ),
    }),
    { maxLength: 3 },
  )
  .map((edits) =>
    edits.reduce(
      (text, { at, removed, inserted }) => text.slice(0, at) + inserted + text.slice(at + removed),
      real,
    ),
  );

describe('withoutManagedFields', () => {
  it('empties the list that the API server writes, and leaves the rest', () => {
    const text = withoutManagedFields(real);
    expect(text.length).toBe(real.length - (end - start) + '"managedFields":['.length);
    expect(JSON.parse(text)).toEqual(emptied(JSON.parse(real)));
  });

  it('gives JSON where the text is JSON, with the same in it, and only there', () => {
    let shortened = 0;
    let valid = 0;
    fc.assert(
      fc.property(nearlyReal, (text) => {
        const left = withoutManagedFields(text);
        expect(parsed(left)).toEqual(parsed(text));
        if (left.length < text.length) shortened++;
        if (parsed(text) !== 'no JSON') valid++;
      }),
      { numRuns: 3000 },
    );
    // Otherwise nothing was tried.
    expect(Math.min(shortened, valid, 3000 - valid)).toBeGreaterThan(300);
  });

  it.each([
    ['a string that ends like the key', '{"a":"x\\"managedFields":[{}]}'],
    ['a key that ends like it', '{"x\\"managedFields":[{"a":{}}],"b":1}'],
    ['numbers', '{"managedFields":[{"a":1}]}'],
    ['a list in it', '{"managedFields":[{"a":[]}]}'],
    ['space', '{"managedFields":[ {"a":{}}]}'],
    ['another escape', '{"managedFields":[{"\\u0061":{}}]}'],
    ['a control character', '{"managedFields":[{"a\u0001":{}}]}'],
    ['a bare string', '{"managedFields":["a"]}'],
    ['no items', '{"managedFields":[]}'],
    ['no end', '{"managedFields":[{"a":{}}'],
    ['no end to a string', '{"managedFields":[{"a'],
    ['a backslash at the end', '{"managedFields":[{"a\\'],
    ['a brace too many', '{"managedFields":[{"a":{}}}]}'],
    ['a comma too many', '{"managedFields":[{"a":{},}]}'],
    ['more than it looks through', `{"managedFields":[{"${'a'.repeat(70_000)}":{}}]}`],
    ['none', '{"a":[{"b":{}}]}'],
  ])('leaves %s as it is', (_what, text) => {
    expect(withoutManagedFields(text)).toBe(text);
  });

  it('takes escaped quotation marks, backslashes and any character for what they are', () => {
    const fields = '{"k:{\\"name\\":\\"a\\\\\\"}":{"f:é\u0122":{}},"v:\u{1F600}":"]}"}';
    expect(withoutManagedFields(`{"a":"ü","managedFields":[${fields},${fields}],"b":2}`)).toBe(
      '{"a":"ü","managedFields":[],"b":2}',
    );
  });
});
