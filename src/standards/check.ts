import type { Pod } from '../kubernetes.js';
import { isMapping } from '../shape.js';
import type { Version } from './version.js';

/** One of the checks of the Pod Security Standards, by the name that Kubernetes gives it in its own code. */
export interface Check {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  /** The first version that has it. */
  readonly since: Version;
  /** The check of level `baseline` whose place it takes at level `restricted`. */
  readonly overrides?: string;
  /** Where the pod breaks it. */
  places(pod: Pod, version: Version): readonly Place[];
}

/** One field that breaks a check. */
export interface Place {
  /** `pod`, or list and name of its part: `containers/app`, `volumes/data`. */
  readonly target: string;
  /** The field in its target: `securityContext.runAsUser`. */
  readonly field: string;
  /** What is set there and must not be; undefined where something must be set. */
  readonly found: unknown;
  /** What to write there instead. */
  readonly write: string;
}

/** A part of a pod that has fields of its own. */
export interface Target {
  readonly name: string;
  readonly value: unknown;
}

/** What a check says of one field: whether its value breaks it, and what to write instead. */
export interface Demanded {
  readonly isForbidden: (value: unknown) => boolean;
  readonly write: string;
}

/** The fields of the pod itself. */
export function podOf({ spec }: Pod): Target {
  return { name: 'pod', value: spec };
}

/** All containers, ephemeral ones too. */
export function containersOf({ spec }: Pod): Target[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => partsOf(spec, list));
}

/** The pod, then all containers: fields that containers have in common with it. */
export function podAndContainersOf(pod: Pod): Target[] {
  return [podOf(pod), ...containersOf(pod)];
}

export function volumesOf({ spec }: Pod): Target[] {
  return partsOf(spec, 'volumes');
}

function partsOf(spec: unknown, list: string): Target[] {
  return itemsAt(spec, list).map((value) => ({
    name: `${list}/${isMapping(value) ? String(value.name) : ''}`,
    value,
  }));
}

/** The places where a field has a forbidden value. */
export function fieldPlaces(
  targets: readonly Target[],
  field: string,
  { isForbidden, write }: Demanded,
): Place[] {
  const keys = field.split('.');
  const places: Place[] = [];
  for (const { name, value } of targets) {
    const found = walk(value, keys);
    if (isForbidden(found)) places.push({ target: name, field, found, write });
  }
  return places;
}

/** The places where a list of names holds forbidden ones. */
export function namePlaces(
  targets: readonly Target[],
  field: string,
  { isForbidden, write }: Demanded,
): Place[] {
  return targets.flatMap(({ name, value }) => {
    const found = itemsAt(value, field).filter(isForbidden);
    return found.length > 0 ? [{ target: name, field, found, write }] : [];
  });
}

/** The annotations with forbidden values. */
export function annotationPlaces(
  { metadata }: Pod,
  isMeant: (key: string) => boolean,
  { isForbidden, write }: Demanded,
): Place[] {
  return Object.entries(metadata?.annotations ?? {}).flatMap(([key, found]) =>
    isMeant(key) && isForbidden(found)
      ? [{ target: 'pod', field: `metadata.annotations["${key}"]`, found, write }]
      : [],
  );
}

/** Whether a pod says that it runs on Windows, which has no such fields: excused in newer versions. */
export function isExcusedWindows({ spec }: Pod, version: Version): boolean {
  return version >= 25 && valueAt(spec, 'os.name') === 'windows';
}

/** Whether a pod has a user namespace of its own, where root is nobody on the node: excused in newer versions. */
export function isExcusedUserNamespace({ spec }: Pod, version: Version): boolean {
  return version >= 35 && valueAt(spec, 'hostUsers') === false;
}

/** What stands at a field such as `securityContext.runAsUser`; null is nothing. A manifest may hold anything there. */
export function valueAt(root: unknown, field: string): unknown {
  return walk(root, field.split('.'));
}

function walk(root: unknown, keys: readonly string[]): unknown {
  let value = root;
  for (const key of keys) value = isMapping(value) ? value[key] : undefined;
  return value ?? undefined;
}

export function itemsAt(root: unknown, field: string): unknown[] {
  const value = valueAt(root, field);
  return Array.isArray(value) ? value : [];
}
