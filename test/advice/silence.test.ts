/** Advice is worth reading only where it is rare: how much of it there is on workloads that give no reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { previewFiles } from '../../src/preview/preview.js';
import { defaultOptions } from '../preview/corpus.js';

const folder = new URL('ordinary/', import.meta.url);
/** Workloads as people run them, none of which gives a reason to expect that hardening breaks it. */
const ordinary = readdirSync(folder).map((file) => ({
  file,
  text: readFileSync(new URL(file, folder), 'utf8'),
}));

it('says at most one line in ten ordinary manifests', () => {
  const { items, faults } = previewFiles(ordinary, defaultOptions);
  expect(faults).toEqual([]);
  expect(items.length).toBeGreaterThanOrEqual(100);
  expect(items.filter(({ report }) => report === undefined)).toEqual([]);
  const lines = items.flatMap(({ name, advice }) =>
    advice.map(({ advisor, field, says }) => `${name} ${field}: ${says} (${advisor})`),
  );
  process.stderr.write(
    `advice: ${lines.length} lines on ${items.length} ordinary manifests\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
  expect(lines.length).toBeLessThanOrEqual(items.length / 10);
});
