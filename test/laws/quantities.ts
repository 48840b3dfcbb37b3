/** Quantities as the API server reads and writes them (apimachinery, resource.Quantity). Written apart from
 *  src/controls/kit/quantity.ts on purpose: the laws must not share its mistakes. */

const decimal: Readonly<Record<string, number>> = {
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
const binary: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const maxMilli = (2n ** 63n - 1n) * 1000n;

interface Parts {
  readonly milli: bigint;
  readonly format: 'decimal' | 'binary' | 'exponent';
}

const pattern =
  /^(?<sign>[+-]?)(?<whole>\d*)(?:\.(?<fraction>\d*))?(?:(?<twos>[KMGTPE]i)|(?<tens>[numkMGTPE])|[eE](?<exponent>[+-]?\d+))?$/;

function parse(text: string | number): Parts | undefined {
  const groups = pattern.exec(String(text))?.groups;
  if (groups === undefined) return undefined;
  const { sign, whole = '', fraction = '', twos = '', tens = '', exponent } = groups;
  if (whole + fraction === '') return undefined;
  const power = exponent === undefined ? decimal[tens] : Number(exponent);
  const factor = 1024n ** BigInt(binary[twos] ?? 0);
  const exact = timesTenTo((power ?? 0) + 3 - fraction.length, BigInt(whole + fraction) * factor);
  const milli = exact > maxMilli ? maxMilli : exact;
  return { milli: sign === '-' ? -milli : milli, format: formatOf(twos, exponent) };
}

function formatOf(twos: string, exponent: string | undefined): Parts['format'] {
  if (twos !== '') return 'binary';
  return exponent === undefined ? 'decimal' : 'exponent';
}

/** The number times a power of ten, rounded up. */
function timesTenTo(power: number, value: bigint): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

/** The amount in thousandths, rounded up as the API server does when it decodes a resource list; undefined for
 *  what is no quantity. */
export function milliOf(text: string | number): bigint | undefined {
  return parse(text)?.milli;
}

/** The spelling that the API server gives a quantity back in: `0.5` is `500m`, `1.5Gi` is `1536Mi`, `1e3` stays. */
export function canonicalQuantity(text: string | number): string {
  const parts = parse(text);
  if (parts === undefined) return String(text);
  const { milli, format } = parts;
  if (milli === 0n) return '0';
  if (format !== 'binary' || (milli < 1_024_000n && milli > -1_024_000n)) return inTens(milli, format);
  let [value, power] = [(milli + 999n) / 1000n, 0];
  while (value % 1024n === 0n && power < 6) [value, power] = [value / 1024n, power + 1];
  return `${value}${Object.keys(binary)[power - 1] ?? ''}`;
}

function inTens(milli: bigint, format: Parts['format']): string {
  let [value, power] = [milli, -3];
  while (value % 1000n === 0n && power < 18) [value, power] = [value / 1000n, power + 3];
  if (format === 'exponent') return power === 0 ? String(value) : `${value}e${power}`;
  const suffix = Object.keys(decimal).find((key) => decimal[key] === power) ?? '';
  return `${value}${suffix}`;
}
