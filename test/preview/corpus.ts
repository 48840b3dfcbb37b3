import { readdirSync, readFileSync } from 'node:fs';
import { compilePolicies } from '../../src/policy/policy.js';
import { preview, type Preview, type PreviewOptions } from '../../src/preview/preview.js';

/** A preview by the built-in policy, of namespaces of which nothing is known. */
export const defaultOptions: PreviewOptions = {
  policies: compilePolicies([]),
  defaultPolicy: 'default',
  mode: 'enforce',
  facts: () => undefined,
  today: '2026-06-15',
};

/** The preview of a text, where only what is given differs from the default. */
export function previewOf(text: string, options: Partial<PreviewOptions> = {}, file = 'a.yaml'): Preview {
  return preview(text, file, { ...defaultOptions, ...options });
}

/** A manifest as somebody may have written it. */
export interface Manifest {
  readonly file: string;
  readonly text: string;
}

const folder = new URL('manifests/', import.meta.url);

/** All of them. */
export const corpus: readonly Manifest[] = readdirSync(folder)
  .toSorted()
  .map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }));

/** One of them. */
export function textOf(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8');
}
