import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { annotationKeys } from '../../src/kubernetes.js';
import { ReviewService } from '../../src/admission/service.js';
import { heapMebibytes } from '../heap.js';
import { policiesOf } from './plans.js';
import { reviewOf } from './reviews.js';

const real = readFileSync('bench/reviews/medium.json', 'utf8').trim();
const padding = 'x'.repeat(200_000);

/** Reviews of 200 KB of which something is remembered that differs from one to the next. */
const kinds: [what: string, review: (number: number) => string][] = [
  [
    'a container and an image',
    (number) => {
      const args = [padding];
      const container = {
        name: `of-a-name-of-its-own-${number}`,
        image: `example.com/team/one-${number}`,
        args,
      };
      return reviewOf({ spec: { containers: [container] } });
    },
  ],
  [
    'a container of a long name',
    (number) => {
      const metadata = { annotations: { [annotationKeys.writablePaths]: `/data/${number}` } };
      return reviewOf({ metadata, spec: { containers: [{ name: `${number}-${padding}` }] } });
    },
  ],
  [
    'a writable path',
    (number) => {
      const paths = `/data/of-its-own-${number},${padding}`;
      const metadata = { annotations: { [annotationKeys.writablePaths]: paths } };
      return reviewOf({ metadata, spec: { containers: [{ name: 'app' }] } });
    },
  ],
  [
    'a controller',
    (number) => real.replaceAll('5b149102', String(1e7 + number)).replace('"--config"', `"${padding}"`),
  ],
  [
    'large lists of managed fields',
    (number) =>
      real
        .replaceAll('5b149102', String(2e7 + number))
        .replace('"f:args"', `"f:${padding.slice(0, 60_000)}"`),
  ],
];

/** Keeps nothing of what it is told. */
const nobody = {
  answered: () => undefined,
  judged: () => undefined,
  malformed: () => undefined,
  failed: () => undefined,
};

it.each(kinds)('keeps no review in memory for the sake of %s', async (_what, review) => {
  const policies = policiesOf();
  const service = new ReviewService({
    policies: () => policies,
    facts: undefined,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: Date.now,
    observer: nobody,
  });
  // What comes once is not remembered.
  const send = async (number: number) => {
    for (let time = 0; time < 3; time++) await service.answer(review(number));
  };
  for (let number = 0; number < 5; number++) await send(number);
  const before = heapMebibytes();
  for (let number = 5; number < 105; number++) await send(number);
  // All of them come to 20 MiB, the large lists to 6.
  expect(heapMebibytes() - before).toBeLessThan(4);
});
