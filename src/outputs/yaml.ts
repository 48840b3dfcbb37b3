import type { Preview, PreviewDocument } from '../preview/preview.js';
import { printYaml } from '../preview/yaml.js';

/** All documents with their objects hardened, as `kubectl apply` takes them. YAML keeps its comments and layout; JSON
 *  becomes YAML; of an AdmissionReview the object is given. */
export function renderYaml({ documents }: Preview): string {
  const parts: string[] = [];
  let lastFile: string | undefined;
  for (const document of documents) {
    const part = partOf(document);
    // The documents of one YAML file bring their own separators along.
    const isNext =
      lastFile === document.source.file && document.source.format === 'yaml' && !isReview(document);
    if (parts.length > 0 && !isNext) {
      if (parts.at(-1)?.endsWith('\n') === false) parts.push('\n');
      if (!startsDocument(part)) parts.push('---\n');
    }
    if (part !== '') parts.push(part);
    lastFile = document.source.file;
  }
  return parts.join('');
}

function partOf(document: PreviewDocument): string {
  if (isReview(document)) return document.items.map(({ hardened }) => printYaml(hardened)).join('---\n');
  return document.source.format === 'json' ? printYaml(document.hardened) : document.rewrite().after;
}

function isReview({ items }: PreviewDocument): boolean {
  return items.some(({ pointer }) => pointer.startsWith('/request/object'));
}

/** Whether a text has a `---` before its first content. */
function startsDocument(text: string): boolean {
  return /^\uFEFF?(?:[ \t]*(?:[#%].*)?\r?\n)*---(?:\s|$)/.test(text);
}
