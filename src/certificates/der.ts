/** The few DER elements that a certificate is made of (X.690; tags in section 8). */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  contextPrimitive: 0x80,
  contextConstructed: 0xa0,
} as const;

/** SEQUENCE of elements. */
export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, Buffer.concat(elements));
}

/** SET of one element: several would have to be sorted. */
export function setOfOne(only: Uint8Array): Buffer {
  return element(tags.set, only);
}

/** BOOLEAN TRUE; FALSE is never written, as it is the default wherever certificates have one. */
export function booleanTrue(): Buffer {
  return element(tags.boolean, Uint8Array.of(0xff));
}

/** INTEGER, not negative, from its big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  // A leading bit of 1 would read as a minus sign.
  const isNegative = Buffer.from(digits).readUInt8(0) >= 0x80;
  return element(tags.integer, isNegative ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

/** BIT STRING; `unusedBits` are those at the end of the last byte that do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(tags.bitString, Buffer.concat([Uint8Array.of(unusedBits), bytes]));
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return element(tags.octetString, bytes);
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return element(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const numbers = [first * 40 + second, ...rest];
  return element(
    tags.objectIdentifier,
    Buffer.from(numbers.flatMap((number) => digitsOf(number, 128, 0x80))),
  );
}

/** Time to the second: UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(tags.utcTime, Buffer.from(digits.slice(2)))
    : element(tags.generalizedTime, Buffer.from(digits));
}

/** Element with an EXPLICIT context tag, or a constructed one with an IMPLICIT tag. */
export function contextConstructed(number: number, content: Uint8Array): Buffer {
  return element(tags.contextConstructed | number, content);
}

/** Plain bytes with an IMPLICIT context tag. */
export function contextPrimitive(number: number, content: Uint8Array): Buffer {
  return element(tags.contextPrimitive | number, content);
}

function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(tag), lengthBytes(content.length), content]);
}

/** Below 128 the length itself, else how many bytes it takes and then those. */
function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const digits = digitsOf(length, 256, 0);
  return Uint8Array.of(0x80 | digits.length, ...digits);
}

/** Big-endian digits of a number; all but the last carry the `more` bit. */
function digitsOf(number: number, base: number, more: number): number[] {
  const digits = [number % base];
  for (let rest = Math.floor(number / base); rest > 0; rest = Math.floor(rest / base)) {
    digits.unshift((rest % base) | more);
  }
  return digits;
}
