import type { Change } from '../controls/kit/decision.js';
import { containerLists, type Pod } from '../kubernetes.js';
import type { PreviewItem } from '../preview/preview.js';

type Tree = Readonly<Record<string, unknown>>;

/** All fields that a change fills in its target, which is `pod` or `containers/app` of the pod. Of a list, the items
 *  that are added, and of those that are there the fields that are filled, beside what tells the item from the others. */
export function fieldsOf({ set, own, items }: Change, target: string, pod: Pod | undefined): Tree {
  const added = own === undefined ? (set as Tree) : merge(set as Tree, own as Tree);
  return items === undefined ? added : merge(added, filledItems(items as Tree, containerAt(target, pod)));
}

function containerAt(target: string, pod: Pod | undefined): Tree {
  const list = containerLists.find((candidate) => target.startsWith(`${candidate}/`));
  const container = list && pod?.spec[list]?.find(({ name }) => target === `${list}/${name}`);
  return { ...container };
}

function filledItems(items: Tree, target: Tree): Tree {
  const lists = Object.entries(items).map(([key, wanted]) => {
    const list = (target[key] ?? []) as readonly Tree[];
    const filled = Object.entries(wanted as Tree).map(([index, fields]) => {
      const { name, mountPath } = list[Number(index)] ?? {};
      return Object.assign({ name, mountPath }, fields);
    });
    return [key, filled] as const;
  });
  return Object.fromEntries(lists);
}

/** A field of the pod as a field of the object that holds its template: `spec.template.spec.hostPID`. */
export function fieldIn({ templatePointer }: Pick<PreviewItem, 'templatePointer'>, field: string): string {
  return [...templatePointer.split('/').slice(1), field].join('.');
}

/** A field that an advice is about, as a field of the object that holds the template. */
export function fieldOfAdvice(
  field: string,
  target: string,
  { templatePointer, pod }: Pick<PreviewItem, 'templatePointer' | 'pod'>,
): string {
  if (field.startsWith('spec.')) return fieldIn({ templatePointer }, field);
  const [list = 'containers'] = target.split('/', 1);
  const name = target.slice(list.length + 1);
  const members = (list === 'initContainers' ? pod?.spec.initContainers : pod?.spec.containers) ?? [];
  const index = members.findIndex((container) => container.name === name);
  return fieldIn({ templatePointer }, `spec.${list}[${index}].${field}`);
}

function merge(one: Tree, other: Tree): Tree {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const present = merged[key];
    if (isTree(present) && isTree(value)) merged[key] = merge(present, value);
    else if (Array.isArray(present) && Array.isArray(value))
      merged[key] = [...(present as unknown[]), ...(value as unknown[])];
    else merged[key] = value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
