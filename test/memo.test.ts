import { describe, expect, it } from '@jest/globals';
import { Memo } from '../src/memo.js';

describe('Memo', () => {
  it('remembers the value of a text that comes a second time', () => {
    const memo = new Memo<object>(10);
    const make = (text: string) => ({ text });
    const values = ['a', 'b', 'a', 'a', 'b', 'b'].map((text) => memo.of(text, make));
    expect(values).toEqual(['a', 'b', 'a', 'a', 'b', 'b'].map(make));
    expect(values[2]).not.toBe(values[0]);
    expect(values[3]).toBe(values[2]);
    expect(values[4]).not.toBe(values[1]);
    expect(values[5]).toBe(values[4]);
  });

  it('has only what it remembers made fit to be shared', () => {
    const memo = new Memo<object>(10);
    const values = [1, 2, 3].map(() => memo.of('a', () => ({ a: 1 }), Object.freeze));
    expect(values.map((value) => Object.isFrozen(value))).toEqual([false, true, true]);
  });

  it('remembers nothing where nothing was made', () => {
    const memo = new Memo<object>(10);
    const made = [undefined, undefined, { a: 1 }, { a: 2 }];
    expect(made.map((value) => memo.of('a', () => value))).toEqual([
      undefined,
      undefined,
      { a: 1 },
      { a: 1 },
    ]);
  });

  it('forgets all at its limit, so that it holds no more', () => {
    const memo = new Memo<object>(2);
    const make = () => ({});
    memo.of('a', make);
    const kept = memo.of('a', make);
    memo.of('b', make);
    expect(memo.of('a', make)).toBe(kept);
    memo.of('c', make);
    expect(memo.of('a', make)).not.toBe(kept);
  });

  it('does not keep a long text, of which a few could fill the memory', () => {
    const memo = new Memo<object>(2);
    const make = () => ({});
    const text = 'x'.repeat(10_000);
    memo.of(text, make);
    expect(memo.of(text, make)).not.toBe(memo.of(text, make));
  });
});
