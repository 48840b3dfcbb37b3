import { describe, expect, it } from '@jest/globals';
import { Memo } from '../src/memo.js';

describe('Memo', () => {
  it('makes the value of a text once', () => {
    const memo = new Memo<string>(10);
    const made: string[] = [];
    const make = (text: string) => {
      made.push(text);
      return text.toUpperCase();
    };
    expect(['a', 'b', 'a'].map((text) => memo.of(text, make))).toEqual(['A', 'B', 'A']);
    expect(made).toEqual(['a', 'b']);
  });

  it('forgets all at its limit, so that it holds no more', () => {
    const memo = new Memo<object>(2);
    const make = () => ({});
    const first = memo.of('a', make);
    memo.of('b', make);
    expect(memo.of('a', make)).toBe(first);
    memo.of('c', make);
    expect(memo.of('a', make)).not.toBe(first);
  });

  it('does not keep a long text, of which a few could fill the memory', () => {
    const memo = new Memo<object>(2);
    const make = () => ({});
    const text = 'x'.repeat(10_000);
    expect(memo.of(text, make)).not.toBe(memo.of(text, make));
  });
});
