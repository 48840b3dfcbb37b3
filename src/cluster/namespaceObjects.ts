import { type Immutable, keyPrefix, type NamespaceFacts } from '../kubernetes.js';
import { isObject, objectAt, textAt } from './apiObjects.js';

export type NamespaceKeys = Pick<NamespaceFacts, 'labels' | 'annotations'>;
export type LimitRange = NamespaceFacts['limitRanges'][number];
export type ResourceQuota = NamespaceFacts['resourceQuotas'][number];

/** What is kept of one API object. A namespace counts as an object in itself. */
export interface Kept<Value> {
  readonly namespace: string;
  readonly name: string;
  readonly value: Value;
}

const labelPrefixes = [keyPrefix, 'pod-security.kubernetes.io/'];
const annotationPrefixes = [keyPrefix, 'openshift.io/', 'scheduler.alpha.kubernetes.io/'];

/** What is kept of a Namespace: the labels and annotations that mean something to us. */
export function readNamespace(object: unknown): Kept<NamespaceKeys> {
  const metadata = objectAt(object, 'metadata');
  const name = textAt(metadata, 'name');
  const labels = pickTexts(objectAt(metadata, 'labels'), labelPrefixes);
  const annotations = pickTexts(objectAt(metadata, 'annotations'), annotationPrefixes);
  return { namespace: name, name, value: { labels, annotations } };
}

/** What is kept of a LimitRange: its name and its spec. */
export function readLimitRange(object: unknown): Kept<LimitRange> {
  const { namespace, name } = readIdentity(object);
  const spec = isObject(object) ? object.spec : undefined;
  return { namespace, name, value: { metadata: { name }, ...(isLimitRangeSpec(spec) && { spec }) } };
}

/** What is kept of a ResourceQuota: its name and its spec. Its status changes with each pod. */
export function readResourceQuota(object: unknown): Kept<ResourceQuota> {
  const { namespace, name } = readIdentity(object);
  const spec = isObject(object) ? object.spec : undefined;
  return { namespace, name, value: { metadata: { name }, ...(isResourceQuotaSpec(spec) && { spec }) } };
}

function readIdentity(object: unknown): { namespace: string; name: string } {
  const metadata = objectAt(object, 'metadata');
  return { namespace: textAt(metadata, 'namespace'), name: textAt(metadata, 'name') };
}

function pickTexts(values: Readonly<Record<string, unknown>>, prefixes: readonly string[]) {
  const picked: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    const isWanted = prefixes.some((prefix) => key.startsWith(prefix));
    if (isWanted && typeof value === 'string') picked[key] = value;
  }
  return picked;
}

const quantityMaps = ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'];

function isLimitRangeSpec(spec: unknown): spec is Immutable<NonNullable<LimitRange['spec']>> {
  if (!isObject(spec) || !Array.isArray(spec.limits)) return false;
  return spec.limits.every(
    (item: unknown) =>
      isObject(item) &&
      typeof item.type === 'string' &&
      quantityMaps.every((key) => isOptionalTexts(item[key])),
  );
}

function isResourceQuotaSpec(spec: unknown): spec is Immutable<NonNullable<ResourceQuota['spec']>> {
  if (!isObject(spec) || !isOptionalTexts(spec.hard)) return false;
  const { matchExpressions = [] } = objectAt(spec, 'scopeSelector');
  return isTexts(spec.scopes ?? []) && isScopeExpressions(matchExpressions);
}

function isScopeExpressions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        isObject(item) &&
        typeof item.scopeName === 'string' &&
        typeof item.operator === 'string' &&
        isTexts(item.values ?? []),
    )
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isOptionalTexts(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}
