import type { Operation } from 'fast-json-patch';

/** The patch, which is not empty, as its JSON in base64. Most operations come again and again, and are encoded once: each is filled up with
 *  spaces to whole groups of three bytes, so that its base64 can be put behind that of others. */
export function encodePatch(patch: readonly Operation[]): string {
  let base64 = '';
  /** JSON of operations that none has sent before, and that are encoded together. */
  let pending = '';
  let glue = opening;
  for (const operation of patch) {
    const shared = sharedBase64(operation);
    if (shared === undefined) pending += glue.text + fillUp(JSON.stringify(operation));
    else {
      base64 += encode(pending) + glue.base64 + shared;
      pending = '';
    }
    glue = separator;
  }
  return base64 + encode(pending) + closing.base64;
}

/** Most operations that are remembered: some come from whoever sends pods, as many as they like. */
const mostShared = 5000;
/** Longest, in characters. */
const longestShared = 1024;

/** By what is added, which is frozen and shared by many pods, and by where. */
let shared = new WeakMap<object, Map<string, string>>();
let count = 0;

/** Base64 of an operation that adds what is shared by many pods; undefined for any other. */
function sharedBase64(operation: Operation): string | undefined {
  if (operation.op !== 'add') return undefined;
  const { path } = operation;
  const value: unknown = operation.value;
  if (typeof value !== 'object' || value === null) return undefined;
  const known = shared.get(value)?.get(path);
  if (known !== undefined || !Object.isFrozen(value)) return known;
  const json = JSON.stringify({ op: 'add', path, value });
  if (json.length > longestShared) return undefined;
  return remember(path, value, encode(fillUp(json)));
}

function remember(path: string, value: object, base64: string): string {
  if (count++ >= mostShared) [shared, count] = [new WeakMap(), 1];
  const byPath = shared.get(value);
  if (byPath === undefined) shared.set(value, new Map([[path, base64]]));
  else byPath.set(path, base64);
  return base64;
}

function fillUp(json: string): string {
  const rest = Buffer.byteLength(json) % 3;
  return rest === 0 ? json : json + (rest === 1 ? '  ' : ' ');
}

/** Room for most texts, so that no buffer is made for each. */
const scratch = Buffer.allocUnsafe(16 * 1024);

/** A text of whole groups in base64. */
function encode(text: string): string {
  if (text === '') return '';
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString('base64');
  return scratch.toString('base64', 0, scratch.write(text));
}

const [opening, separator, closing] = [between('['), between(','), between(']')];

/** What stands before, between and after operations. */
function between(mark: string) {
  const text = fillUp(mark);
  return { text, base64: encode(text) };
}
