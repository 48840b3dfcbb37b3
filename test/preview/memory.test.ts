import { expect, it } from '@jest/globals';
import { heapMebibytes } from '../heap.js';
import { previewOf } from './corpus.js';

/** A pod in a manifest of half a megabyte. */
function manifest(number: number): string {
  return [
    `# ${'x'.repeat(500_000)}`,
    'apiVersion: v1',
    'kind: Pod',
    `metadata: { name: pod-${number} }`,
    'spec:',
    `  containers: [{ name: a-container-of-its-own-${number}, image: example.com/team/image-${number}:1.0 }]`,
    '',
  ].join('\n');
}

it('keeps no manifest in memory for the sake of what is remembered of it', () => {
  const faults = [];
  for (let number = 0; number < 5; number++) faults.push(...previewOf(manifest(number)).faults);
  const before = heapMebibytes();
  for (let number = 5; number < 65; number++) faults.push(...previewOf(manifest(number)).faults);
  expect(faults).toEqual([]);
  // All of them come to 30 MiB.
  expect(heapMebibytes() - before).toBeLessThan(10);
});
