/** What came of the try to read one thing. */
export type Reading<Value> =
  | { readonly kind: 'found'; readonly value: Value }
  | { readonly kind: 'missing' }
  /** It may be there. */
  | { readonly kind: 'unread'; readonly why: string };

/** What was found. */
export function found<Value>(value: Value): Reading<Value> {
  return { kind: 'found', value };
}

/** Nothing was there. */
export const missing: Reading<never> = { kind: 'missing' };

/** It could not be read, and why. */
export function unread(why: string): Reading<never> {
  return { kind: 'unread', why };
}

/** The value, or undefined where there is none or it could not be read. */
export function valueOf<Value>(reading: Reading<Value>): Value | undefined {
  return reading.kind === 'found' ? reading.value : undefined;
}
