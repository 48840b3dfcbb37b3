import { describe, expect, it } from '@jest/globals';
import { readDocuments } from '../../src/preview/yaml.js';
import { rewrite } from '../../src/preview/rewrite.js';
import type { Addition } from '../../src/preview/splice.js';
import { withValueAt } from '../../src/preview/paths.js';

/** The text with values added; `hardened` is what it must then hold. */
function rewritten(text: string, additions: readonly Addition[], hardened: unknown): string {
  return rewriting(text, additions, hardened).after;
}

/** The same, and whether other lines were written anew. */
function rewriting(text: string, additions: readonly Addition[], hardened: unknown) {
  const [source] = readDocuments(text, 'a.yaml').documents;
  if (source === undefined) throw new RangeError('the text holds no document');
  const { before, after, isAnew } = rewrite(source, { additions, removals: [] }, hardened);
  expect(before).toBe(text);
  return { after, isAnew };
}

/** The text with one member added to the mapping at a path. */
function withMember(text: string, path: readonly string[], key: string, value: unknown): string {
  const [source] = readDocuments(text, 'a.yaml').documents;
  const parent = path.reduce<unknown>((at, name) => Object(at)[name], source?.value);
  const hardened = withValueAt(source?.value, path, { ...Object(parent), [key]: value });
  return rewritten(text, [{ path: [...path, key], value }], hardened);
}

describe('a member of a mapping comes behind its last one', () => {
  it.each([
    ['at the end', 'a:\n  b: 1\n', 'a:\n  b: 1\n  c: 2\n'],
    ['before what follows', 'a:\n  b: 1\nd: 3\n', 'a:\n  b: 1\n  c: 2\nd: 3\n'],
    [
      'behind the comment in its line',
      'a:\n  b: 1 # one\n# d\nd: 3\n',
      'a:\n  b: 1 # one\n  c: 2\n# d\nd: 3\n',
    ],
    [
      'before a comment of the next',
      'a:\n  b: 1\n\n  # more\nd: 3\n',
      'a:\n  b: 1\n  c: 2\n\n  # more\nd: 3\n',
    ],
    ['without a newline at the end', 'a:\n  b: 1', 'a:\n  b: 1\n  c: 2'],
    ['with the line ends of the text', 'a:\r\n  b: 1\r\nd: 3\r\n', 'a:\r\n  b: 1\r\n  c: 2\r\nd: 3\r\n'],
    [
      'behind a text of several lines',
      'a:\n  b: |\n    x\n\n    y\nd: 3\n',
      'a:\n  b: |\n    x\n\n    y\n  c: 2\nd: 3\n',
    ],
    ['behind a text that goes on', 'a:\n  b: x\n    y\nd: 3\n', 'a:\n  b: x\n    y\n  c: 2\nd: 3\n'],
    [
      'behind a nested list',
      'a:\n  b:\n  - x: 1\n    y: 2\nd: 3\n',
      'a:\n  b:\n  - x: 1\n    y: 2\n  c: 2\nd: 3\n',
    ],
    ['behind an empty value', 'a:\n  b:\nd: 3\n', 'a:\n  b:\n  c: 2\nd: 3\n'],
    ['before the end of the document', 'a:\n  b: 1\n...\n', 'a:\n  b: 1\n  c: 2\n...\n'],
  ])('%s', (_where, before, after) => {
    expect(withMember(before, ['a'], 'c', 2)).toBe(after);
  });
});

describe('in brackets, a member stays in its line', () => {
  it.each([
    ['a: {b: 1}\n', 'a: {b: 1, c: 2}\n'],
    ['a: { b: 1 }\n', 'a: { b: 1, c: 2 }\n'],
    ['a: { b: 1 } # one\n', 'a: { b: 1, c: 2 } # one\n'],
    ['a: {b: 1,}\n', 'a: {b: 1, c: 2,}\n'],
    ['a: {\n  b: 1, # one\n}\n', 'a: {\n  b: 1, c: 2, # one\n}\n'],
    ['{a: {b: 1}, d: 3}\n', '{a: {b: 1, c: 2}, d: 3}\n'],
    ['{a: {}, d: 3}\n', '{a: {c: 2}, d: 3}\n'],
    ['{"a":{"b":1}} # JSON\n', '{"a":{"b":1, c: 2}} # JSON\n'],
  ])('%j', (before, after) => {
    expect(withMember(before, ['a'], 'c', 2)).toBe(after);
  });
});

describe('an empty value makes room for what is added', () => {
  it.each([
    ['a: {}\nd: 3\n', 'a:\n  c: 2\nd: 3\n'],
    ['a: {} # none\nd: 3\n', 'a: # none\n  c: 2\nd: 3\n'],
    ['a:\n  {}\nd: 3\n', 'a:\n  c: 2\nd: 3\n'],
  ])('%j', (before, after) => {
    expect(withMember(before, ['a'], 'c', 2)).toBe(after);
  });

  it.each([
    ['a:\nd: 3\n', 'a:\n  c: 2\nd: 3\n'],
    ['a: ~\nd: 3\n', 'a:\n  c: 2\nd: 3\n'],
    ['a: null # none\nd: 3\n', 'a: # none\n  c: 2\nd: 3\n'],
    ['a: # none\nd: 3\n', 'a: # none\n  c: 2\nd: 3\n'],
    ['a:   # none\nd: 3\n', 'a:   # none\n  c: 2\nd: 3\n'],
    ['a: # none\r\nd: 3\r\n', 'a: # none\r\n  c: 2\r\nd: 3\r\n'],
    ['a: # none\n  # at all\nd: 3\n', 'a: # none\n  c: 2\n  # at all\nd: 3\n'],
    ['a:\n  # none\nd: 3\n', 'a:\n  c: 2\n  # none\nd: 3\n'],
    ['a:\n# none\nd: 3\n', 'a:\n  c: 2\n# none\nd: 3\n'],
    ['a:\n\n# none\nd: 3\n', 'a:\n  c: 2\n\n# none\nd: 3\n'],
    ['a: \n  ~ # none\nd: 3\n', 'a: # none\n  c: 2\nd: 3\n'],
    ['d: 3\na: # none', 'd: 3\na: # none\n  c: 2'],
    ['d: 3\na: # none\n', 'd: 3\na: # none\n  c: 2\n'],
    ['d: 3\na:\n# none\n', 'd: 3\na:\n  c: 2\n# none\n'],
    ['{a: # none\n, d: 3}\n', '{a: {c: 2} # none\n, d: 3}\n'],
    ['{a: , d: 3}\n', '{a: {c: 2}, d: 3}\n'],
    ['{a: null, d: 3}\n', '{a: {c: 2}, d: 3}\n'],
  ])('%j, which is unset', (before, after) => {
    const additions = [{ path: ['a'], value: { c: 2 } }];
    expect(rewriting(before, additions, { a: { c: 2 }, d: 3 })).toEqual({ after, isAnew: false });
  });
});

describe('a value in the place of none', () => {
  it.each([
    ['a: # none\nd: 3\n', 'a: 2 # none\nd: 3\n'],
    ['a:\n  # none\nd: 3\n', 'a: 2\n  # none\nd: 3\n'],
    ['a: ~ # none\nd: 3\n', 'a: 2 # none\nd: 3\n'],
  ])('stays in its line: %j', (before, after) => {
    const additions = [{ path: ['a'], value: 2 }];
    expect(rewriting(before, additions, { a: 2, d: 3 })).toEqual({ after, isAnew: false });
  });
});

describe('an item of a list', () => {
  it.each([
    ['a:\n- 1\nd: 3\n', 'a:\n- 1\n- 2\nd: 3\n'],
    ['a:\n  - 1 # one\nd: 3\n', 'a:\n  - 1 # one\n  - 2\nd: 3\n'],
    ['a: [1]\nd: 3\n', 'a: [1, 2]\nd: 3\n'],
  ])('comes behind the last one: %j', (before, after) => {
    expect(rewritten(before, [{ path: ['a', '-'], value: 2 }], { a: [1, 2], d: 3 })).toBe(after);
  });

  it('that is a mapping lines up with those before it', () => {
    const before = 'a:\n    -   b: 1\n        c: 2\n';
    const value = { b: 3, c: { d: 4 } };
    expect(rewritten(before, [{ path: ['a', '-'], value }], { a: [{ b: 1, c: 2 }, value] })).toBe(
      'a:\n    -   b: 1\n        c: 2\n    - b: 3\n      c:\n        d: 4\n',
    );
  });
});

describe('what is added is laid out as the text is', () => {
  const value = { x: [{ z: 1 }] };

  it.each([
    ['a:\n    b: 1\n', 'a:\n    b: 1\n    c:\n        x:\n          - z: 1\n'],
    ['a:\n  b:\n    - 1\n', 'a:\n  b:\n    - 1\n  c:\n    x:\n      - z: 1\n'],
    ['a:\n  b:\n  - 1\n', 'a:\n  b:\n  - 1\n  c:\n    x:\n    - z: 1\n'],
    ['a: {b: 1}\n', 'a: {b: 1, c: {x: [{z: 1}]}}\n'],
    ['a: { b: 1 }\n', 'a: { b: 1, c: { x: [ { z: 1 } ] } }\n'],
  ])('%j', (before, after) => {
    expect(withMember(before, ['a'], 'c', value)).toBe(after);
  });
});

describe('aliases', () => {
  it('are written out where one of the places they stand for is changed', () => {
    const before = '# both\na: &x {b: 1} # x\nd: *x\n';
    const after = rewritten(before, [{ path: ['d', 'c'], value: 2 }], { a: { b: 1 }, d: { b: 1, c: 2 } });
    expect(after).toBe('# both\na: {b: 1} # x\nd: {b: 1, c: 2}\n');
  });

  it('stay where the change is elsewhere', () => {
    const before = 'a: &x {b: 1}\nd: *x\ne: {f: 1}\n';
    const hardened = { a: { b: 1 }, d: { b: 1 }, e: { f: 1, c: 2 } };
    expect(rewritten(before, [{ path: ['e', 'c'], value: 2 }], hardened)).toBe(
      'a: &x {b: 1}\nd: *x\ne: {f: 1, c: 2}\n',
    );
  });

  it('are written out where the anchor itself would pass the change on', () => {
    const before = 'a: &x\n  b: 1\nd: *x\n';
    const after = rewritten(before, [{ path: ['a', 'c'], value: 2 }], { a: { b: 1, c: 2 }, d: { b: 1 } });
    expect(after).toBe('a:\n  b: 1\n  c: 2\nd:\n  b: 1\n');
  });

  it('may be merge keys', () => {
    const before = 'a: &x {b: 1}\nd:\n  <<: *x\n  e: 2\n';
    const after = rewritten(before, [{ path: ['d', 'b', 'c'], value: 2 }], {
      a: { b: 1 },
      d: { b: { c: 2 }, e: 2 },
    });
    expect(readDocuments(after, 'a.yaml').documents.map(({ value }) => value)).toEqual([
      { a: { b: 1 }, d: { b: { c: 2 }, e: 2 } },
    ]);
  });
});

describe('JSON', () => {
  it.each([
    ['{\n    "a": {}\n}\n', '{\n    "a": {\n        "c": 2\n    }\n}\n'],
    ['{\n\t"a": {}\n}\n', '{\n\t"a": {\n\t\t"c": 2\n\t}\n}\n'],
  ])('keeps its indentation: %j', (before, after) => {
    expect(withMember(before, ['a'], 'c', 2)).toBe(after);
  });
});
