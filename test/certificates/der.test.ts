import { describe, expect, it } from '@jest/globals';
import {
  bitString,
  booleanTrue,
  objectIdentifier,
  octetString,
  sequence,
  time,
  unsignedInteger,
} from '../../src/certificates/der.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  it.each([
    [[0], '020100'],
    [[0x7f], '02017f'],
    [[0x80], '02020080'],
    [[0, 0, 0x12, 0x34], '02021234'],
    [[], '020100'],
  ])('writes the unsigned integer %j with as few bytes as it needs', (bytes, expected) => {
    expect(hex(unsignedInteger(Uint8Array.from(bytes)))).toBe(expected);
  });

  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('writes a length of %d', (length, expected) => {
    expect(hex(octetString(new Uint8Array(length))).slice(0, expected.length)).toBe(expected);
  });

  it.each([
    ['2.5.29.17', '0603551d11'],
    ['1.2.840.113549', '06062a864886f70d'],
    ['2.999.3', '0603883703'],
  ])('writes the object identifier %s', (dotted, expected) => {
    expect(hex(objectIdentifier(dotted))).toBe(expected);
  });

  it('writes years of two digits until 2049 and of four from 2050', () => {
    expect(time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });

  it('nests', () => {
    expect(hex(sequence(booleanTrue(), bitString(Uint8Array.of(0x06), 1)))).toBe('30070101ff03020106');
  });
});
