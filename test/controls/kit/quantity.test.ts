import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatQuantity, largest, parseQuantity } from '../../../src/controls/kit/quantity.js';

/** Digits × 10^exponent, in billionths. */
const decimal = (digits: bigint, exponent: number): bigint => digits * 10n ** BigInt(exponent + 9);

/** What Kubernetes makes of each (apimachinery, TestQuantityParse): digits and power of ten. */
const accepted: readonly (readonly [text: string, digits: bigint, exponent: number])[] = [
  ['0', 0n, 0],
  ['0n', 0n, 0],
  ['0Ki', 0n, 0],
  ['00', 0n, 0],
  ['007', 7n, 0],
  ['1', 1n, 0],
  ['1.', 1n, 0],
  ['1.G', 1n, 9],
  ['5.', 5n, 0],
  ['.5', 5n, -1],
  ['0.5', 5n, -1],
  ['.001', 1n, -3],
  ['.0001k', 1n, -1],
  ['1.5Gi', 1536n * 2n ** 20n, 0],
  ['1Ki', 1024n, 0],
  ['7Mi', 7n * 2n ** 20n, 0],
  ['6Gi', 6n * 2n ** 30n, 0],
  ['5Ti', 5n * 2n ** 40n, 0],
  ['4Pi', 4n * 2n ** 50n, 0],
  ['3Ei', 3n * 2n ** 60n, 0],
  ['100.035Ki', 10_243_584n, -2],
  ['0.05Gi', 536_870_912n, -1],
  ['5n', 5n, -9],
  ['1n', 1n, -9],
  ['4u', 4n, -6],
  ['100m', 1n, -1],
  ['8k', 8n, 3],
  ['7M', 7n, 6],
  ['6G', 6n, 9],
  ['5T', 5n, 12],
  ['2P', 2n, 15],
  ['1E', 1n, 18],
  ['12E', 12n, 18],
  ['1e3', 1n, 3],
  ['1E3', 1n, 3],
  ['1E-3', 1n, -3],
  ['1.3E+6', 13n, 5],
  ['0.5e-2', 5n, -3],
  ['6.987654321G', 6_987_654_321n, 0],
  ['+1', 1n, 0],
  ['-1', -1n, 0],
  ['-1.5Gi', -1536n * 2n ** 20n, 0],
  ['9223372036854775808', 2n ** 63n, 0],
  ['9007199254740993', 9_007_199_254_740_993n, 0],
  // Finer than a billionth: away from zero.
  ['3.001n', 4n, -9],
  ['1.1E-9', 2n, -9],
  ['0.0000000001', 1n, -9],
  ['0.00000012345', 124n, -9],
  ['0.000000000001Ki', 2n, -9],
  ['-0.1n', -1n, -9],
];

/** Refused by Kubernetes, blanks and all. */
const refused = [
  '',
  ' ',
  ' 1',
  '1 ',
  '1 Gi',
  '1\n',
  'Gi1',
  '1gi',
  '1K',
  '1KI',
  '0.1mi',
  '0.1am',
  'aoeu',
  '.5i',
  '1i',
  '-3.01i',
  '-3.01e-',
  '1e',
  '1e3k',
  '1.1.M',
  '1+1.0M',
  '--1',
  '1,5',
  '0x10',
  '١',
  'NaN',
  'Infinity',
  '1Gi0',
];

describe('parseQuantity', () => {
  it.each(accepted)('reads %s as Kubernetes does', (text, digits, exponent) => {
    expect(parseQuantity(text)).toBe(decimal(digits, exponent));
  });

  it.each(refused)('refuses %j as Kubernetes does', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it.each(['.', '-', '+', 'Ki', 'm'])('refuses %j, which Kubernetes takes for 0 and nobody means', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it('reads the bare numbers of a manifest, also those that JavaScript spells with an exponent', () => {
    expect(parseQuantity(2)).toBe(decimal(2n, 0));
    expect(parseQuantity(0.1)).toBe(decimal(1n, -1));
    expect(parseQuantity(1e-7)).toBe(decimal(1n, -7));
    expect(parseQuantity(1e21)).toBe(decimal(1n, 21));
    expect(parseQuantity(Number.NaN)).toBeUndefined();
  });

  it('tells apart what floating point cannot', () => {
    expect(parseQuantity('0.3')).toBe((parseQuantity('0.1') ?? 0n) + (parseQuantity('0.2') ?? 0n));
    expect(parseQuantity('9007199254740993')).not.toBe(parseQuantity('9007199254740992'));
  });

  it('takes no time for a long text that is none', () => {
    expect(parseQuantity(`${'1'.repeat(100_000)}x`)).toBeUndefined();
  });
});

describe('formatQuantity', () => {
  it.each([
    ['0', 'cpu', '0'],
    ['1', 'cpu', '1'],
    ['0.1', 'cpu', '100m'],
    ['1500m', 'cpu', '1500m'],
    ['2000m', 'cpu', '2'],
    ['1n', 'cpu', '1m'],
    ['1.0005', 'cpu', '1001m'],
    ['0', 'memory', '0'],
    ['1Gi', 'memory', '1Gi'],
    ['1024Mi', 'memory', '1Gi'],
    ['1.5Gi', 'memory', '1536Mi'],
    ['1025Ki', 'memory', '1025Ki'],
    ['1500M', 'memory', '1500000000'],
    ['100m', 'memory', '1'],
  ])('spells %s of %s as %s', (text, resource, expected) => {
    expect(formatQuantity(parseQuantity(text) ?? -1n, resource)).toBe(expected);
  });

  it('gives back what it was given, rounded up to what the resource is counted in', () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 64n * 10n ** 9n });
    const grains = { cpu: 1_000_000n, memory: 1_000_000_000n };
    fc.assert(
      fc.property(amount, fc.constantFrom('cpu' as const, 'memory' as const), (value, resource) => {
        const text = formatQuantity(value, resource);
        const again = parseQuantity(text) ?? -1n;
        expect(again >= value && again - value < grains[resource]).toBe(true);
        expect(formatQuantity(again, resource)).toBe(text);
      }),
    );
  });
});

describe('largest', () => {
  it('is the larger of two', () => {
    expect(largest(1n, 2n)).toBe(2n);
    expect(largest(2n, -3n)).toBe(2n);
  });
});
