import type { OperationsOptions } from '../server/operations.js';
import type { ServeFlags } from './serve.js';
import type { Sources } from './sources.js';

/** The page and the preview, as the operations listener takes them. */
export function openPreview(
  _flags: ServeFlags,
  _sources: Sources,
): Pick<OperationsOptions, 'page' | 'preview'> {
  return { page: () => '', preview: () => ({ contentType: 'application/json', body: '{}' }) };
}
