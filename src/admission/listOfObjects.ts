const firstPrintable = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The text is looked through as bytes of UTF-8, which takes half the time: those of any character beyond ASCII come
 *  after all that matters here. */
const bytes = new Uint8Array(64 * 1024);
const room = bytes.subarray(0, -1);
const encoder = new TextEncoder();

/** Whether these are the items of a JSON list, and objects of strings and objects, with no space and no escapes but for
 *  quotation marks and backslashes. Not where they are longer than 64 KiB: then there may be anything. */
export function areObjects(items: string): boolean {
  const { read, written } = encoder.encodeInto(items, room);
  if (read < items.length) return false;
  // A control character ends every string, and is no part of a list.
  bytes[written] = 0;
  let at = 0;
  let depth = 0;
  for (;;) {
    // Items of the list have no key, all that is in them has one.
    if (depth > 0) {
      at = bytes[at] === quote ? endOfString(at + 1) : broken;
      if (bytes[at++] !== colon) return false;
    }
    const first = bytes[at++];
    if (first === openBrace) {
      depth++;
      if (bytes[at] !== closeBrace) continue;
    } else if (first === quote && depth > 0) at = endOfString(at);
    else return false;
    // A value is over, and with it perhaps what it is in.
    for (; bytes[at] === closeBrace && depth > 0; at++) depth--;
    if (at === written) return depth === 0;
    if (bytes[at++] !== comma) return false;
  }
}

/** Before the first byte: there is nothing, which is no part of a list. */
const broken = -1;

/** Past the string whose first character is there. */
function endOfString(start: number): number {
  let at = start;
  for (;;) {
    const code = bytes[at++];
    // Most are small letters, which come after all that matters here.
    if (code === undefined || code > backslash) continue;
    if (code === quote) return at;
    if (code === backslash) {
      const escaped = bytes[at++];
      if (escaped !== quote && escaped !== backslash) return broken;
    } else if (code < firstPrintable) return broken;
  }
}
