import type { Path } from '../preview/paths.js';
import type { PreviewItem } from '../preview/preview.js';

/** `spec.volumes[2].hostPath` as keys and indexes. */
export function pathOfField(field: string): Path {
  return [...field.matchAll(/[^.[\]]+/g)].map(([key]) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** Where `containers/web` or `pod` is, from the pod's root. */
export function pathOfTarget({ pod }: Pick<PreviewItem, 'pod'>, target: string): Path {
  const slash = target.indexOf('/');
  if (slash === -1) return ['spec'];
  const list = target.slice(0, slash);
  const members = (pod?.spec as Readonly<Record<string, unknown>> | undefined)?.[list];
  const name = target.slice(slash + 1);
  const index = Array.isArray(members)
    ? (members as { readonly name?: unknown }[]).findIndex((member) => member.name === name)
    : -1;
  return index === -1 ? ['spec', list] : ['spec', list, index];
}
