import { describe, expect, it } from '@jest/globals';
import { printYaml, readDocuments } from '../../src/preview/yaml.js';

const read = (text: string) => {
  const { documents, faults } = readDocuments(text, 'a.yaml');
  expect(faults).toEqual([]);
  return documents.map(({ value }) => value);
};
const valueOf = (scalar: string) => (read(`a: ${scalar}\n`)[0] as { a: unknown }).a;

describe('scalars are what kubectl makes of them', () => {
  it.each(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])('%s is true', (word) => {
    expect(valueOf(word)).toBe(true);
  });

  it.each(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])(
    '%s is false',
    (word) => {
      expect(valueOf(word)).toBe(false);
    },
  );

  it.each(['yEs', 'tRUE', 'oN', 'Yess', '"yes"', "'on'", '!!str yes'])('%s is a string', (word) => {
    expect(typeof valueOf(word)).toBe('string');
  });

  it.each(['', '~', 'null', 'Null', 'NULL'])('%j is null', (word) => {
    expect(valueOf(word)).toBeNull();
  });

  it.each([
    ['0400', 256],
    ['0o400', 256],
    ['0644', 420],
    ['-0644', -420],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['+12', 12],
    ['089', 89],
    ['0', 0],
    ['1e3', 1000],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['.1_0', 0.1],
    ['1.', 1],
    ['-1.5e-2', -0.015],
  ])('%s is the number %d', (word, number) => {
    expect(valueOf(word)).toBe(number);
  });

  it.each([
    '12:30',
    '12:30:45',
    '2027-01-31',
    '2027-01-31T10:00:00Z',
    '1.2.3',
    '500m',
    '1Gi',
    '0xg',
    '0b12',
    '.',
    'e3',
    '1e999',
    '=',
    '08a',
  ])('%s is a string', (word) => {
    expect(valueOf(word)).toBe(word);
  });

  it.each(['.inf', '-.Inf', '.nan'])('%s is an error, as for kubectl', (word) => {
    const { faults } = readDocuments(`a: ${word}\n`, 'a.yaml');
    expect(faults.map(({ message }) => message)).toEqual([
      `a.yaml:1:4: manifest: expected YAML, found ${word} is no number that JSON can hold`,
    ]);
  });
});

describe('keys', () => {
  it('that are no strings become some, as in JSON', () => {
    expect(read('yes: 1\n0x10: 2\n1.5: 3\n')).toEqual([{ true: 1, 16: 2, 1.5: 3 }]);
  });

  it('that are there twice count once: the last one does, and a warning says so', () => {
    const { documents, faults, warnings } = readDocuments('a: 1\nb: {c: 2, c: 3}\na: 4\n', 'a.yaml');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 4, b: { c: 3 } }]);
    expect(faults).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual([
      'a.yaml:2:11: manifest: expected each key once, found "c" again; Kubernetes takes the last one; remove one of the two',
      'a.yaml:3:1: manifest: expected each key once, found "a" again; Kubernetes takes the last one; remove one of the two',
    ]);
  });

  it('that make two objects of one are told apart by a line ---', () => {
    const { warnings } = readDocuments('apiVersion: v1\napiVersion: v1\n', 'a.yaml');
    expect(warnings.map(({ complaint }) => complaint.advice)).toEqual(['write --- between two objects']);
  });

  it.each(['__proto__', 'constructor', 'toString'])('such as %s are keys like any other', (key) => {
    const [value] = read(`${key}: {polluted: 1}\n`);
    expect(Object.entries(value as object)).toEqual([[key, { polluted: 1 }]]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('that are collections or null are an error', () => {
    const messages = ['? [a]\n: 1\n', '~: 1\n'].flatMap((text) =>
      readDocuments(text, 'a.yaml').faults.map(({ message }) => message),
    );
    expect(messages).toEqual([
      'a.yaml:1:3: manifest: expected a text as key, found a collection; write the key in quotes',
      'a.yaml:1:1: manifest: expected a text as key, found null; write the key in quotes',
    ]);
  });
});

describe('anchors and merge keys', () => {
  it('stand for what they name', () => {
    expect(read('a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n')).toEqual([
      { a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } },
    ]);
  });

  it('merge in the order in which they stand; of a list of mappings the first wins', () => {
    const text = 'x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\nw: {<<: *x, a: 3}\n';
    expect(read(text)).toMatchObject([{ z: { a: 1, b: 2 }, w: { a: 3 } }]);
  });

  it('may be named again: the last one counts', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).toEqual([{ a: 1, b: 1, c: 2, d: 2 }]);
  });

  it('do not reach over to the next document', () => {
    const { faults } = readDocuments('a: &x 1\n---\nb: *x\n', 'a.yaml');
    expect(faults).toMatchObject([{ position: { line: 3, column: 4 } }]);
  });

  it.each([
    ['a: *x\n', 'expected an anchor that stands before it, found *x; write &x where it is defined'],
    ['a: &x [*x]\n', 'expected an alias of something else, found *x inside of &x; write it out'],
    ['a: {<<: 1}\n', 'expected a mapping, or a list of them, found something else; merge mappings with <<'],
  ])('of %j are an error', (text, message) => {
    const [fault] = readDocuments(text, 'a.yaml').faults;
    expect(fault?.message).toContain(message);
  });
});

describe('what is printed', () => {
  it.each([
    'yes',
    'off',
    'n',
    '0644',
    '1_000',
    '12:30',
    '1e3',
    '~',
    '',
    'null',
    '2027-01-31',
    '- a',
    '# b',
    'a: b',
    ' c ',
  ])('reads as the string %j again, for Kubernetes and for readers of YAML 1.2', (text) => {
    const printed = printYaml({ a: text });
    expect(read(printed)).toEqual([{ a: text }]);
    expect(printed).not.toMatch(/^a: (?:yes|off|n|0644|1_000|1e3|~|null|)$/m);
  });

  it('has no aliases for what occurs twice', () => {
    const shared = { b: 1 };
    expect(printYaml({ a: shared, c: shared })).toBe('a:\n  b: 1\nc:\n  b: 1\n');
  });
});
