import type { Complaint } from './errors.js';
import { shorten } from './shorten.js';

/** Why a value has not the shape that was asked for. */
export interface Fault {
  /** Keys and indexes that lead to it, the innermost first. */
  readonly path: (string | number)[];
  readonly expected: string;
  readonly found: string;
  readonly advice?: string;
}

/** Says what is wrong with a value; undefined where it fits. */
export type Shape = (value: unknown) => Fault | undefined;

/** A mapping whose known keys have these shapes. A key that is absent or null is unset, which only those in
 *  `required` must not be; other keys may hold anything. */
export function mapping(fields: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  const members = Object.entries(fields).map(([key, shape]) => ({
    key,
    shape,
    isRequired: required.includes(key),
  }));
  return (value) => {
    if (!isMapping(value)) return fault('a mapping', value);
    for (const { key, shape, isRequired } of members) {
      const member = value[key];
      if (member === undefined || member === null) {
        if (isRequired) return within(key, shape(member) ?? fault('a value', member));
        continue;
      }
      const found = shape(member);
      if (found !== undefined) return within(key, found);
    }
    return undefined;
  };
}

/** A mapping of any keys to values of one shape; null is unset. */
export function mappingOf(shape: Shape): Shape {
  return (value) => {
    if (!isMapping(value)) return fault('a mapping', value);
    for (const key in value) {
      const member = value[key];
      if (member === undefined || member === null) continue;
      const found = shape(member);
      if (found !== undefined) return within(key, found);
    }
    return undefined;
  };
}

/** A list of items of one shape, none of them null. */
export function listOf(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return fault('a list', value);
    for (let index = 0; index < value.length; index++) {
      const found = shape(value[index]);
      if (found !== undefined) return within(index, found);
    }
    return undefined;
  };
}

export const text: Shape = (value) => {
  if (typeof value === 'string') return undefined;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return fault('a string', value, isScalar ? `write it in quotes: "${String(value)}"` : undefined);
};

export const number: Shape = (value) => {
  if (typeof value === 'number') return undefined;
  const isQuoted = typeof value === 'string' && /^-?\d+$/.test(value);
  return fault('a number', value, isQuoted ? `write it without quotes: ${value}` : undefined);
};

export const boolean: Shape = (value) => {
  if (typeof value === 'boolean') return undefined;
  const isQuoted = value === 'true' || value === 'false';
  return fault('true or false', value, isQuoted ? `write it without quotes: ${value}` : undefined);
};

/** A quantity, as a manifest may spell it: `500m` or 1. Whether it can be read is for the controls to say. */
export const quantity: Shape = (value) =>
  typeof value === 'string' || typeof value === 'number' ? undefined : fault('a quantity', value);

/** What is wrong with `value`, as a complaint with a field path below `where`. */
export function complaintOf({ path, expected, found, advice }: Fault, where: string): Complaint {
  return {
    where: joinPath(where, path.toReversed()),
    expected,
    found,
    ...(advice !== undefined && { advice }),
  };
}

/** `spec.containers[0].name`, and `metadata.annotations["example.com/a"]` where a key is no plain word. */
export function joinPath(start: string, path: readonly (string | number)[]): string {
  let joined = start;
  for (const part of path) {
    if (typeof part === 'number') joined += `[${part}]`;
    else if (!/^[\w$-]{1,60}$/.test(part)) joined += `[${describe(part)}]`;
    else joined += joined === '' ? part : `.${part}`;
  }
  return joined === '' ? 'object' : joined;
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  return shorten(JSON.stringify(value), maxSpelt);
}

/** Longest value that is quoted in full, in characters. */
const maxSpelt = 60;

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(expected: string, value: unknown, advice?: string): Fault {
  return { path: [], expected, found: describe(value), ...(advice !== undefined && { advice }) };
}

function within(key: string | number, inner: Fault): Fault {
  inner.path.push(key);
  return inner;
}
