import type { Operation } from 'fast-json-patch';
import { annotationKeys, type Metadata } from '../kubernetes.js';
import { catalogue } from '../policy/catalogue.js';
import { wordsOf } from '../policy/words.js';
import { isTree } from './merge.js';

/** Largest sum of keys and values of a pod's annotations, in bytes (apimachinery, TotalAnnotationSizeLimitB). */
const maxAnnotationBytes = 256 * 1024;

/** The annotation that names the policy and the controls that changed the pod. */
export interface Mark {
  readonly operation: Operation;
  /** The pod's metadata with the annotation. */
  metadata(): Metadata;
}

/** The mark for a pod, undefined where it would not fit. That of an earlier call is completed, not replaced.
 *  @throws TypeError where metadata or annotations are no mappings */
export function markOf(
  metadata: Metadata | undefined,
  policy: string,
  changed: readonly string[],
): Mark | undefined {
  const annotations = metadata?.annotations;
  for (const part of [metadata, annotations])
    if (part != null && !isTree(part)) throw new TypeError('metadata and annotations: expected mappings');
  const earlier = annotations?.[annotationKeys.hardened];
  const controls = earlier == null ? changed : mergeWithEarlier(earlier, changed);
  const value = `${policy}: ${controls.join(',')}`;
  if (
    annotations != null &&
    sizeOf(annotations) + annotationKeys.hardened.length + value.length > maxAnnotationBytes
  ) {
    return undefined;
  }
  const added = { [annotationKeys.hardened]: value };
  return {
    operation:
      annotations != null
        ? { op: 'add', path: pointerToMark, value }
        : metadata != null
          ? { op: 'add', path: '/metadata/annotations', value: added }
          : { op: 'add', path: '/metadata', value: { annotations: added } },
    metadata: () => ({ ...metadata, annotations: { ...annotations, ...added } }),
  };
}

const pointerToMark = `/metadata/annotations/${annotationKeys.hardened.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The controls that the annotation names. A word that somebody wrote there by hand is none. */
export function controlsInMark(value: string): string[] {
  const [, list = ''] = /^[^:]*: ([A-Za-z,]+)$/.exec(value) ?? [];
  return wordsOf(list).filter((id) => catalogue.has(id));
}

function mergeWithEarlier(earlier: string, changed: readonly string[]): string[] {
  return [...new Set([...controlsInMark(earlier), ...changed])].toSorted();
}

/** In bytes of UTF-8; the exact count is taken only where a cheap upper bound leaves a doubt. */
function sizeOf(annotations: Readonly<Record<string, string>>): number {
  let units = 0;
  for (const key of Object.keys(annotations)) units += key.length + (annotations[key]?.length ?? 0);
  if (units * 3 < maxAnnotationBytes / 2) return units * 3;
  return new TextEncoder().encode(Object.entries(annotations).flat().join('')).length;
}
