import { cis } from './cis.js';
import { cloud } from './cloud.js';
import type { Guide } from './guide.js';
import { nsaCisa } from './nsaCisa.js';

/** Every guide there is; the first counts where none is named. */
export const guides: readonly [Guide, ...Guide[]] = [cloud, nsaCisa, cis];

/** The guide of that id; undefined where there is none. */
export function findGuide(id: string): Guide | undefined {
  return guides.find((guide) => guide.id === id);
}
