import { readdirSync, readFileSync } from 'node:fs';
import type { Manifest } from './corpus.js';

const folder = new URL('public/', import.meta.url);

/** Manifests of other projects, to the letter; public/README.md says whose. */
export const publicManifests: readonly Manifest[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .toSorted()
  .map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }));
