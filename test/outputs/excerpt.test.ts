import { describe, expect, it } from '@jest/globals';
import { excerptOf } from '../../src/outputs/excerpt.js';

describe('the excerpt', () => {
  it('shows the line, its number, and a caret below the column', () => {
    expect(excerptOf('a: 1\nb:\n  c: [\n', { line: 3, column: 6 })).toEqual(['  3 |   c: [', '    |      ^']);
  });

  it('lines the caret up below longer numbers too', () => {
    expect(excerptOf('\n'.repeat(99) + 'abc', { line: 100, column: 2 })).toEqual([
      '  100 | abc',
      '      |  ^',
    ]);
  });

  it('cuts a long line around the place', () => {
    const [line = '', caret = ''] = excerptOf(`${'x'.repeat(500)}!${'y'.repeat(500)}`, {
      line: 1,
      column: 501,
    });
    expect(line.length).toBeLessThan(110);
    expect(line[caret.indexOf('^')]).toBe('!');
  });

  it('shows tabs as blanks, and nothing that a terminal would obey', () => {
    expect(excerptOf('\ta: \u001B[31m', { line: 1, column: 2 })).toEqual(['  1 |  a:  [31m', '    |  ^']);
  });

  it.each([
    { line: 2, column: 1 },
    { line: 9, column: 1 },
  ])('is nothing where there is no text: %j', (place) => {
    expect(excerptOf('a\n \n', place)).toEqual([]);
  });
});
