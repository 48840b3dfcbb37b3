import { Memo } from '../../memo.js';

/** An amount in billionths of its unit, exact. */
export type Quantity = bigint;

const nano = 1_000_000_000n;

/** Powers of ten in billionths, and of two, by suffix (apimachinery, resource.Quantity). */
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryShifts: Readonly<Record<string, bigint>> = {
  Ki: 10n,
  Mi: 20n,
  Gi: 30n,
  Ti: 40n,
  Pi: 50n,
  Ei: 60n,
};

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3}|)$/;

/** Longest quantity that is read, in characters: nobody writes one of a thousand digits, and one of millions keeps the
 *  process busy for seconds. */
export const maxQuantityLength = 64;

/** The exact value of a Kubernetes quantity, finer parts than a billionth rounded up as Kubernetes does;
 *  undefined for what is none. A bare number is accepted, as YAML manifests hold them. */
export function parseQuantity(text: string | number): Quantity | undefined {
  if (typeof text === 'string' && text.length > maxQuantityLength) return undefined;
  return parsed.of(String(text), parse);
}

const parsed = new Memo<Quantity>(1000);

function parse(text: string): Quantity | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const shift = binaryShifts[suffix];
  const value =
    shift === undefined
      ? scaleByTen(digits, decimalExponent(suffix) + 9 - fraction.length)
      : scaleByTen((digits << shift) * nano, -fraction.length);
  return sign === '-' ? -value : value;
}

function decimalExponent(suffix: string): number {
  return decimalExponents[suffix] ?? Number.parseInt(suffix.slice(1), 10);
}

function scaleByTen(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
}

/** A quantity in Kubernetes' canonical spelling, as near to `like` in kind as it can be: cpu in cores or
 *  thousandths, memory in the largest binary unit that divides it. Never below the exact value. */
export function formatQuantity(value: Quantity, resource: string): string {
  if (resource === 'cpu') {
    const milli = (value + 999_999n) / 1_000_000n;
    return milli % 1000n === 0n ? String(milli / 1000n) : `${milli}m`;
  }
  const bytes = (value + nano - 1n) / nano;
  for (const [suffix, shift] of Object.entries(binaryShifts).toReversed()) {
    if (bytes !== 0n && bytes % (1n << shift) === 0n) return `${bytes >> shift}${suffix}`;
  }
  return String(bytes);
}

/** The larger of two quantities. */
export function largest(a: Quantity, b: Quantity): Quantity {
  return a > b ? a : b;
}
