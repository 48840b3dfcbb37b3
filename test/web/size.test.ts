import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { pageFiles } from '../../src/web/page.js';

const folder = fileURLToPath(new URL('../../dist/page', import.meta.url));

/** All that a browser loads, compressed by gzip, which every web server can do, in bytes. */
const maxBytes = 200_000;

it('the page with its engine is small', async () => {
  const sizes: Record<string, number> = {};
  for (const file of ['index.html', ...pageFiles]) {
    sizes[file] = gzipSync(await readFile(`${folder}/${file}`)).length;
  }
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  expect({ ...sizes, isSmall: total <= maxBytes }).toEqual({ ...sizes, isSmall: true });
});
