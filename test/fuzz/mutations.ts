import type { Random } from './random.js';
import { type FieldPath, withJsonAt } from './readPaths.js';
import { wrongValues } from './wrongValues.js';

/** Spoils a text that is JSON. */
export type TextMutation = (text: string, random: Random) => string;
/** Spoils bytes, whatever they are. */
export type ByteMutation = (bytes: Buffer, random: Random) => Buffer;

/** Where some value of a JSON text stands, at any depth; of a review mostly within the pod. */
function pathIn(value: unknown, random: Random): FieldPath {
  const { object } = (value as { request?: { object?: unknown } } | null)?.request ?? {};
  const isInPod = object != null && random.next() < 0.8;
  const path: (string | number)[] = isInPod ? ['request', 'object'] : [];
  let current = isInPod ? object : value;
  while (typeof current === 'object' && current !== null && random.next() > stopping) {
    const keys = Object.keys(current);
    if (keys.length === 0) break;
    const key = random.pick(keys);
    path.push(Array.isArray(current) ? Number(key) : key);
    current = (current as Record<string, unknown>)[key];
  }
  return path;
}

/** How often a value with others in it is taken as a whole. */
const stopping = 0.08;

/** The text with another value in a place of its own, any at all. */
function replaceAnywhere(text: string, random: Random, json: string): string {
  const value: unknown = JSON.parse(text);
  return withJsonAt(value, pathIn(value, random), json);
}

export const wrongTypeAnywhere: TextMutation = (text, random) =>
  replaceAnywhere(text, random, random.pick(wrongValues));

/** The same at one of the fields of the pod that controls read. */
export function wrongTypeAt(paths: readonly FieldPath[]): TextMutation {
  return function wrongTypeInPod(text, random) {
    return withJsonAt(
      JSON.parse(text),
      ['request', 'object', ...random.pick(paths)],
      random.pick(wrongValues),
    );
  };
}

const reviewFields = [
  'uid',
  'kind',
  'operation',
  'namespace',
  'name',
  'subResource',
  'object',
  'dryRun',
  'options',
];

export const wrongTypeInReview: TextMutation = (text, random) =>
  withJsonAt(JSON.parse(text), ['request', random.pick(reviewFields)], random.pick(wrongValues));

const hostileStrings = [
  '\\ud800',
  'a\\udc00b',
  '\\u0000',
  '\\u001b[31m\\r\\n',
  '\\u202e\\u2066',
  '\\u2028\\ufeff',
  '~1~0/..//',
  '../../etc/passwd',
  '${jndi:ldap://x}',
  '%s%n%00',
  '😀'.repeat(100),
  ' a'.repeat(1000),
  ','.repeat(3000),
  '/a,'.repeat(500),
  '9'.repeat(400),
  'NaN',
  '-Infinity',
  '0x10',
  '1e309',
  '1_000',
  '٣',
];

export const hostileString: TextMutation = (text, random) =>
  replaceAnywhere(text, random, `"${random.pick(hostileStrings)}"`);

/** Into a text that is there, so that its field still means what it did. */
export const hostileStringInside: TextMutation = (text, random) => {
  const ends = [...text.matchAll(/[a-z]"/g)];
  const { index } = ends.length === 0 ? { index: 0 } : random.pick(ends);
  return text.slice(0, index + 1) + random.pick(hostileStrings) + text.slice(index + 1);
};

const numbers = [
  '9007199254740993',
  '-9223372036854775809',
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '1E5',
  '0.1e1',
];

export const hostileNumber: TextMutation = (text, random) =>
  replaceAnywhere(text, random, random.pick(numbers));

/** Text that JSON does not have for numbers. */
export const notANumber: TextMutation = (text, random) =>
  replaceAnywhere(
    text,
    random,
    random.pick(['NaN', 'Infinity', '-Infinity', '+1', '01', '.5', '1.', '0x1', '1n']),
  );

const prototypeKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  'length',
];

/** A key that all objects have, with values that would matter were they inherited. */
export const prototypeKey: TextMutation = (text, random) => {
  const value = random.pick([
    '{"privileged":true,"polluted":true,"hostNetwork":true}',
    '{"prototype":{"polluted":true}}',
    '{"annotations":{"podtemper.io/opt-out":"all"}}',
    ...wrongValues,
  ]);
  return insertMember(text, random, `"${random.pick(prototypeKeys)}":${value}`);
};

/** A key again, with another value: the last one counts. */
export const duplicateKey: TextMutation = (text, random) => {
  const keys = [...text.matchAll(/"([A-Za-z]+)":/g)];
  const key = keys.length === 0 ? 'spec' : random.pick(keys)[1];
  return insertMember(text, random, `"${key}":${random.pick(wrongValues)}`);
};

/** Behind the brace of an object, or before that at its end. */
function insertMember(text: string, random: Random, member: string): string {
  const ends = [...text.matchAll(/\{(?=")|(?<=["\d}\]le])\}/g)];
  if (ends.length === 0) return `{${member}}`;
  const { index, 0: brace } = random.pick(ends);
  return brace === '{'
    ? `${text.slice(0, index + 1)}${member},${text.slice(index + 1)}`
    : `${text.slice(0, index)},${member}${text.slice(index)}`;
}

export const deepNesting: TextMutation = (text, random) => {
  const depth = random.pick([100, 1000, 10_000, 100_000, 100_000, 300_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"spec":', '}'],
    ['[{"containers":', '}]'],
  ] as const);
  return replaceAnywhere(
    text,
    random,
    open.repeat(depth) + random.pick(['1', '[]', '{}']) + close.repeat(depth),
  );
};

/** Half of it: brackets that are never closed. */
export const deepAndOpen: TextMutation = (_text, random) =>
  random.pick(['[', '{"a":', '[[{"":']).repeat(random.pick([1000, 100_000, 1_000_000]));

export const manyItems: TextMutation = (text, random) => {
  const item = random.pick(['{"name":"a"}', '{}', '[]', '0', 'null', '"x"', '{"name":"podtemper-tmp"}']);
  return replaceAnywhere(text, random, `[${`${item},`.repeat(random.pick([10, 1000, 5000]))}${item}]`);
};

export const manyContainers: TextMutation = (text, random) => {
  const items = Array.from({ length: random.pick([100, 1000, 3000]) }, (_, index) => `{"name":"c${index}"}`);
  const list = random.pick(['containers', 'initContainers', 'volumes']);
  return withJsonAt(JSON.parse(text), ['request', 'object', 'spec', list], `[${items.join(',')}]`);
};

/** So many small values that they could fill the memory. */
export const crowd: TextMutation = (text, random) => {
  const item = random.pick(['{"name":"a"}', '{}', '[]', '0', '""', '{"":{}}']);
  const bytes = random.pick([1, 4, 16]) * 1024 * 1024 - Buffer.byteLength(text) - 64;
  const list = `[${`${item},`.repeat(Math.floor(bytes / (item.length + 1)) - 1)}${item}]`;
  const path = random.pick([
    ['spec', 'containers'],
    ['spec', 'volumes'],
    ['metadata', 'ownerReferences'],
    ['junk'],
  ]);
  return withJsonAt(JSON.parse(text), ['request', 'object', ...path], list);
};

export const longString: TextMutation = (text, random) => {
  const part = random.pick(['x', ' ', 'a ', ',', '/', '9', '.', 'é', '😀', '\\u0000', '\\ud800', '\\\\']);
  const length = random.pick([10_000, 100_000, 1_000_000]);
  return replaceAnywhere(text, random, `"${part.repeat(Math.ceil(length / part.length))}"`);
};

/** Up to the largest body that is read, and a little over it. */
export const hugeString: TextMutation = (text, random) => {
  const part = random.pick(['x', 'a ', ',', '/', '9', 'é']);
  const room = 16 * 1024 * 1024 - Buffer.byteLength(text) - 64 + random.pick([0, 0, 0, 8192]);
  const count = Math.floor(room / Buffer.byteLength(part));
  const path = random.pick([
    ['metadata', 'name'],
    ['metadata', 'annotations', 'podtemper.io/opt-out'],
    ['metadata', 'annotations', 'podtemper.io/writable-paths'],
    ['spec', 'containers', 0, 'name'],
    ['spec', 'containers', 0, 'image'],
    ['spec', 'containers', 0, 'resources', 'limits', 'cpu'],
    ['spec', 'containers', 0, 'securityContext', 'capabilities', 'add', 0],
    ['spec', 'volumes', 0, 'name'],
  ]);
  return withJsonAt(JSON.parse(text), ['request', 'object', ...path], `"${part.repeat(count)}"`);
};

export const truncated: ByteMutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));

export const flippedBits: ByteMutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  for (let flips = 1 + random.below(8); flips > 0 && copy.length > 0; flips--) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
};

const insertions = [
  '\0',
  '\uFEFF',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '//',
  '/*',
  '\xE2\x80',
  '\xED\xA0\x80',
  '\xFF',
  '\\u00',
];

export const insertedBytes: ByteMutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const inserted = Buffer.from(random.pick(insertions), 'latin1');
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
};

export const removedBytes: ByteMutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(20))]);
};

export const repeatedBytes: ByteMutation = (bytes, random) => {
  const start = random.below(bytes.length + 1);
  const end = start + random.below(bytes.length - start + 1);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
};

export const anotherEncoding: ByteMutation = (bytes, random) =>
  Buffer.from(bytes.toString('utf8'), random.pick(['utf16le', 'latin1', 'base64', 'hex']));

/** What spoils a review and leaves it JSON, by how often it comes. */
export const textMutations: readonly (readonly [number, TextMutation])[] = [
  [20, wrongTypeAnywhere],
  [10, wrongTypeInReview],
  [8, hostileString],
  [12, hostileStringInside],
  [10, hostileNumber],
  [10, prototypeKey],
  [10, duplicateKey],
  [2, manyItems],
];

/** The same, but what comes of it is long, deep or no JSON at all: nothing of the text is looked at after it. */
export const lastTextMutations: readonly (readonly [number, TextMutation])[] = [
  [20, notANumber],
  [8, deepNesting],
  [2, deepAndOpen],
  [3, manyContainers],
  [6, longString],
  [0.15, hugeString],
  [0.15, crowd],
];

export const byteMutations: readonly (readonly [number, ByteMutation])[] = [
  [20, truncated],
  [20, flippedBits],
  [20, insertedBytes],
  [15, removedBytes],
  [10, repeatedBytes],
  [3, anotherEncoding],
];
