import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { TurnBatch } from '../../src/server/turnBatch.js';

it('hands over what came in one turn, in order, and what came later by itself', async () => {
  const handed: (readonly number[])[] = [];
  const arrivals: number[] = [];
  let time = 0;
  const now = () => (time += 1);
  const batch = new TurnBatch<number>((items, since) => {
    handed.push(items);
    arrivals.push(since);
    // Added while the batch is handed over: it belongs to the next one.
    if (items.includes(3)) batch.add(4);
  }, now);
  for (const item of [1, 2, 3]) batch.add(item);
  expect(handed).toEqual([]);
  await nextTurn();
  expect(handed).toEqual([[1, 2, 3]]);
  await nextTurn();
  expect(handed).toEqual([[1, 2, 3], [4]]);
  await nextTurn();
  expect(handed).toHaveLength(2);
  expect(arrivals).toEqual([1, 2]);
});
