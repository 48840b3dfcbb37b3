import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseWithoutManagedFields } from '../../src/admission/managedFields.js';

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

/** The value, or what the parser says. */
function outcomeOf(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: parse(text) };
  } catch (error) {
    return String(error);
  }
}

function isJson(text: string): boolean {
  return typeof outcomeOf(JSON.parse, text) !== 'string';
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

describe('parseWithoutManagedFields', () => {
  it('empties the list that the API server writes, and leaves the rest', () => {
    const review = parseWithoutManagedFields(real);
    expect(review).toEqual(emptied(JSON.parse(real)));
    expect(review).not.toEqual(JSON.parse(real));
  });

  it('gives all that is in a JSON text, but for those lists', () => {
    let shortened = 0;
    let whole = 0;
    fc.assert(
      fc.property(nearlyReal.filter(isJson), (text) => {
        const review = parseWithoutManagedFields(text);
        expect(emptied(review)).toEqual(emptied(JSON.parse(text)));
        if (JSON.stringify(review) === JSON.stringify(JSON.parse(text))) whole++;
        else shortened++;
      }),
      { numRuns: 3000 },
    );
    // Otherwise nothing was tried.
    expect(Math.min(shortened, whole)).toBeGreaterThan(100);
  });

  it('complains of the place in the text itself, unless it is in the list', () => {
    let complaints = 0;
    fc.assert(
      fc.property(
        nearlyReal.filter((text) => !isJson(text)),
        (text) => {
          const outcome = outcomeOf(parseWithoutManagedFields, text);
          if (typeof outcome !== 'string') return;
          complaints++;
          expect(outcome).toBe(outcomeOf(JSON.parse, text));
        },
      ),
      { numRuns: 1000 },
    );
    expect(complaints).toBeGreaterThan(100);
  });

  const spec = '"spec":{"a":1}';
  it.each([
    ['a string that ends like the key', `{"m":{"a":"x\\"managedFields":[{}]},${spec}}`],
    ['a string that holds the key', `{"m":{"a":",\\"managedFields\\":[{}]},\\"spec\\":"},${spec}}`],
    ['a list in it', `{"m":{"managedFields":[{"a":[{}]},{"b":{}}]},${spec}}`],
    ['a list in it, where the end should be', `{"m":{"managedFields":[{"m":{"a":[{}]},${spec}}]},${spec}}`],
    ['a list after it', `{"m":{"managedFields":[{"a":{}}],"ownerReferences":[{"b":{}}]},${spec}}`],
    ['a bracket in a string', `{"m":{"managedFields":[{"a]},\\"spec\\":":{}}]},${spec}}`],
    ['no list after the key', `{"m":{"managedFields":{"a":[{}]},${spec}}}`],
    ['no items', `{"m":{"managedFields":[]},${spec}}`],
    ['no end', `{"m":{"managedFields":[{"a":{}}`],
    ['no metadata around it', '{"managedFields":[{"a":{}}]}'],
    ['none', '{"a":[{"b":{}}]}'],
  ])('leaves %s as it is', (_what, text) => {
    expect(outcomeOf(parseWithoutManagedFields, text)).toEqual(outcomeOf(JSON.parse, text));
  });

  it('takes brackets in what comes before and after for what they are', () => {
    const list = '[{"k:{\\"name\\":\\"a\\\\\\"}":{"f:é\u0122":{}},"v:\u{1F600}":"}"}]';
    expect(parseWithoutManagedFields(`{"m":{"a":["]"],"managedFields":${list}},${spec},"b":["]"]}`)).toEqual({
      m: { a: [']'], managedFields: [] },
      spec: { a: 1 },
      b: [']'],
    });
  });
});
