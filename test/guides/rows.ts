import { readFileSync } from 'node:fs';
import type { Verdict } from '../../src/guides/checklist.js';
import { guideNamed } from '../../src/preview/choices.js';
import type { PreviewOptions } from '../../src/preview/preview.js';
import { previewOf } from '../preview/corpus.js';

/** A Deployment with all the properties of the cloud provider's sample. */
export const sample = readFileSync(new URL('../advisory/guideSample.yaml', import.meta.url), 'utf8');

/** The rows of the first workload of a manifest. */
export function rowsOf(text: string, guide: string, options: Partial<PreviewOptions> = {}) {
  const { items } = previewOf(text, { guide: guideNamed(guide, 'test'), ...options });
  const item = items.find(({ checklist }) => checklist !== undefined);
  return item?.checklist?.rows ?? [];
}

/** The items of a verdict, by their numbers. */
export function itemsThat(verdict: Verdict, text: string, guide: string, options?: Partial<PreviewOptions>) {
  return rowsOf(text, guide, options)
    .filter((row) => row.verdict === verdict)
    .map(({ item }) => item.id);
}

/** A Deployment whose pods have this in their spec, as JSON. */
export function deploymentOf(
  spec: object,
  more: { readonly labels?: object; readonly namespace?: string } = {},
) {
  const { labels = { app: 'web' }, namespace = 'shop' } = more;
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec } };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { selector: { matchLabels: labels }, template },
  });
}
