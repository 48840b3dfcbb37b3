import fc, { type Arbitrary } from 'fast-check';

/** A JSON object of which some fields came out as nothing. */
export type Fields = Record<string, unknown>;

const nothing: Arbitrary<undefined> = fc.constant(undefined);
const nullValue: Arbitrary<null> = fc.constant(null);

/** The value in about `percent` of 100 cases, now and then null, else nothing, to which it shrinks. */
export function maybe(percent: number, arbitrary: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 2 * (100 - percent), arbitrary: nothing },
    { weight: 2 * percent, arbitrary },
    { weight: 1, arbitrary: nullValue },
  );
}

/** As `maybe`, never null: for what a list holds or code of ours reads. */
export function optional<T>(percent: number, arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 100 - percent, arbitrary: nothing },
    { weight: percent, arbitrary },
  );
}

/** One of the values. Shrinks to the first. */
export function pick<T>(...values: readonly T[]): Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** An object of those fields that came out as something. */
export function fields(model: Readonly<Record<string, Arbitrary<unknown>>>): Arbitrary<Fields> {
  return fc.record(model, { noNullPrototype: true }).map(present);
}

/** An object without the fields that are undefined. */
export function present(object: Fields): Fields {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Of some values each, as a list in the same order. */
export function someOf<T>(percent: number, ...arbitraries: readonly Arbitrary<T>[]): Arbitrary<T[]> {
  return fc
    .tuple(...arbitraries.map((arbitrary) => optional(percent, arbitrary)))
    .map((items) => items.filter((item) => item !== undefined));
}
