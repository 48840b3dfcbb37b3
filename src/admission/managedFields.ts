const key = '"managedFields":[';

/** The JSON text with the first list of `managedFields` emptied: who manages which field takes up to half of a review
 *  and more than half of the time to parse it, and no control asks for it. What the API server would not write comes
 *  back as it is, so that the result is JSON where the text is, and only there. */
export function withoutManagedFields(text: string): string {
  const found = text.indexOf(key);
  if (found < 1 || !beginsKey(text, found)) return text;
  const start = found + key.length;
  const length = lengthOfObjects(text, start);
  return length === undefined ? text : text.slice(0, start) + text.slice(start + length);
}

/** Whether the quotation mark there begins a key, and does not end a string or stand in one. */
function beginsKey(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return before === comma || before === openBrace;
}

const firstPrintable = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The text is looked through as numbers, which takes half the time. Longer lists than this are left in. */
const codes = new Uint16Array(64 * 1024);
const bytes = Buffer.from(codes.buffer);

/** Length of the items of the list that begin at `start`; undefined unless they are objects of strings and objects, with
 *  no space and no escapes but for quotation marks and backslashes: then there may be anything. */
function lengthOfObjects(text: string, start: number): number | undefined {
  const written = bytes.write(text.slice(start, start + codes.length - 1), 'utf16le') / 2;
  // A control character ends every string.
  codes[written] = 0;
  let at = 0;
  let depth = 0;
  for (;;) {
    // Items of the list have no key, all that is in them has one.
    if (depth > 0) at = endOfKey(at);
    const first = codes[at++];
    if (first === openBrace) {
      depth++;
      if (codes[at] !== closeBrace) continue;
    } else if (first === quote && depth > 0) at = endOfString(at);
    else return undefined;
    // A value is over, and with it perhaps what it is in.
    for (; codes[at] === closeBrace && depth > 0; at++) depth--;
    const next = codes[at++];
    if (next === closeBracket && depth === 0) return at - 1;
    if (next !== comma) return undefined;
  }
}

/** Before the first number: there is nothing, which is no part of a list. */
const broken = -1;

/** Past the colon of the key that begins there. */
function endOfKey(start: number): number {
  if (codes[start] !== quote) return broken;
  const end = endOfString(start + 1);
  return codes[end] === colon ? end + 1 : broken;
}

/** Past the string whose first character is there. */
function endOfString(start: number): number {
  let at = start;
  for (;;) {
    const code = codes[at++];
    // Most are small letters, which come after all that matters here.
    if (code === undefined || code > backslash) continue;
    if (code === quote) return at;
    if (code === backslash) {
      const escaped = codes[at++];
      if (escaped !== quote && escaped !== backslash) return broken;
    } else if (code < firstPrintable) return broken;
  }
}
