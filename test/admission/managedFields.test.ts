import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutManagedFields } from '../../src/admission/managedFields.js';

/** A review that a real API server wrote. */
const real = readFileSync('bench/reviews/medium.json', 'utf8').trim();
const start = real.indexOf('"managedFields":[');
const end = real.indexOf(']},"spec"');
const time = real.indexOf('"time":"', start);
const uid = real.indexOf('uid', start);
const emptiedLength = real.length - (end - start) + '"managedFields":['.length;

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
      at: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: start, max: end + 2 }) },
        { weight: 3, arbitrary: fc.integer({ min: time, max: time + 35 }) },
        { weight: 2, arbitrary: fc.integer({ min: uid - 20, max: uid + 50 }) },
        fc.nat(real.length),
      ),
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
          '2026-11-27T05:06:07Z',
          '"time":"',
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

/** A list is known when it comes a second time. */
function remember(text: string): void {
  withoutManagedFields(text);
  withoutManagedFields(text);
}

/** A list of managed fields as of a pod that a controller made. */
function listed(fields: string): string {
  const owner = String.raw`"f:ownerReferences":{".":{},"k:{\"uid\":\"5b149102-762c\"}":{}}`;
  return `{"managedFields":[{"time":"2026-11-25T03:50:51Z",${owner},${fields}}],"b":2}`;
}

describe('withoutManagedFields', () => {
  it('empties the list that the API server writes when it comes again, and leaves the rest', () => {
    remember(real);
    const text = withoutManagedFields(real);
    expect(text.length).toBe(emptiedLength);
    expect(JSON.parse(text)).toEqual(emptied(JSON.parse(real)));
  });

  it('gives JSON where the text is JSON, with the same in it, and only there', () => {
    let shortened = 0;
    let valid = 0;
    fc.assert(
      fc.property(nearlyReal, (text) => {
        remember(real);
        const results = [1, 2, 3].map(() => withoutManagedFields(text));
        for (const left of results) expect(parsed(left)).toEqual(parsed(text));
        if (results.some((left) => left.length < text.length)) shortened++;
        if (parsed(text) !== 'no JSON') valid++;
      }),
      { numRuns: 3000 },
    );
    // Otherwise nothing was tried.
    expect(Math.min(shortened, valid, 3000 - valid)).toBeGreaterThan(300);
  });

  it.each([
    ['another time', '2026-11-25T03:50:51Z', '2026-12-31T23:59:59Z'],
    ['another pod of the controller', '"uid":"', '"uid":"1'],
  ])('empties it at once for %s', (_what, old, other) => {
    remember(real);
    const text = real.replace(old, other);
    expect(text).not.toBe(real);
    expect(withoutManagedFields(text)).toBe(withoutManagedFields(real).replace(old, other));
  });

  it.each([
    ['a time that ends its string', '2026-11-25T03:50:51Z', '2026-11-25T03:50:"1Z'],
    ['a time with an escape', '2026-11-25T03:50:51Z', String.raw`2026-11-25T03:50:5\z`],
    ['something before the time', '[{"manager"', '[{,"manager"'],
    ['something after the time', '"fieldsType":"FieldsV1"', '"fieldsType":"FieldsV1'],
    ['a missing end', '}]},"spec"', ']},"spec"'],
  ])('leaves %s as it is where the list is known', (_what, old, other) => {
    remember(real);
    const text = real.replace(old, other);
    expect(text).not.toBe(real);
    for (let call = 0; call < 3; call++) expect(withoutManagedFields(text)).toBe(text);
  });

  it('keeps apart lists of controllers whose UIDs begin alike, and many controllers', () => {
    const uids = Array.from({ length: 300 }, (_, index) => `5b149102-0000-4000-8000-${1e11 + index}`);
    const others = Array.from({ length: 300 }, (_, index) => `${1e7 + index}-762c-4844-9df4-38c1e767f2d9`);
    for (const other of [...uids, ...others, ...others]) {
      const text = real.replaceAll('5b149102-762c-4844-9df4-38c1e767f2d9', other);
      remember(text);
      expect(parsed(withoutManagedFields(text))).toEqual(parsed(text));
      expect(withoutManagedFields(text).length).toBe(emptiedLength);
    }
  });

  it.each([
    ['a list that comes once', listed('"a":{}').replace('5b149102', '00000000')],
    ['a bracket in a string', listed(String.raw`"k:{\"name\":\"A]\"}":{}`)],
    ['a list in it', listed('"a":[]')],
    ['a control character', listed('"a\u0001":{}')],
    ['a comma too many', listed('"a":{},')],
    ['a brace too many', listed('"a":{}}')],
    ['no end to a string', listed('"a')],
    ['a backslash at the end of a string', listed('"a\\":{}')],
    ['no end', listed('"a":{}').split(']', 1).join('')],
    ['more than is kept', listed(`"${'a'.repeat(70_000)}":{}`)],
    ['a string that ends like the key', `{"a":"x\\${listed('"a":{}').slice(1)}`],
    ['another key that ends like it', `{"x\\${listed('"a":{}').slice(1)}`],
    ['a list of another key', listed('"a":{}').replace('managedFields', 'managed')],
    ['a list without a time', listed('"a":{}').replace('"time"', '"then"')],
    ['a list of no controller', listed('"a":{}').replace('"f:owner', '"f:other')],
    ['no items', '{"managedFields":[]}'],
  ])('leaves %s as it is', (what, text) => {
    if (what !== 'a list that comes once') remember(text);
    expect(withoutManagedFields(text)).toBe(text);
  });

  it.each([
    ['numbers', '"a":1'],
    ['space', '"a" : {}'],
    ['escapes', String.raw`"\u0061\\\"":{}`],
    ['any characters', '"é\u0122\u{1F600}[}":"{"'],
  ])('empties a list with %s, which is JSON too', (_what, fields) => {
    remember(listed(fields));
    expect(withoutManagedFields(listed(fields))).toBe('{"managedFields":[],"b":2}');
  });
});
