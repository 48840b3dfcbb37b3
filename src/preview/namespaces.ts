import { ManifestError } from '../errors.js';
import { type NamespaceFacts, unknownNamespace } from '../kubernetes.js';
import { complaintOf, listOf, mapping, mappingOf, quantity, type Shape, text } from '../shape.js';
import { type ManifestFile, type ManifestObject, type Manifests, readManifests } from './manifests.js';
import { withoutNullMembers } from './paths.js';

/** The namespace of what names none, for kubectl and the API server alike. */
export const defaultNamespace = 'default';

/** What manifests say of namespaces. */
export interface NamespaceReading {
  readonly facts: ReadonlyMap<string, NamespaceFacts>;
  readonly faults: readonly ManifestError[];
}

type LimitRange = NamespaceFacts['limitRanges'][number];
type ResourceQuota = NamespaceFacts['resourceQuotas'][number];

const quantities = mappingOf(quantity);
const textMap = mappingOf(text);

const shapes: Readonly<Record<string, Shape>> = {
  Namespace: mapping({ metadata: mapping({ name: text, labels: textMap, annotations: textMap }, ['name']) }, [
    'metadata',
  ]),
  LimitRange: mapping({
    spec: mapping({
      limits: listOf(
        mapping({
          type: text,
          min: quantities,
          max: quantities,
          default: quantities,
          defaultRequest: quantities,
          maxLimitRequestRatio: quantities,
        }),
      ),
    }),
  }),
  ResourceQuota: mapping({
    spec: mapping({
      hard: quantities,
      scopes: listOf(text),
      scopeSelector: mapping({ matchExpressions: listOf(mapping({ scopeName: text, operator: text })) }),
    }),
  }),
};

/** The facts in manifest files that are about namespaces; other objects in them say nothing here. Those that name no
 *  namespace are in that of the files, where it is one, or else in the one that was `chosen`. */
export function readNamespaceFiles(
  files: readonly ManifestFile[],
  chosen?: string,
): NamespaceReading & {
  /** Name of the namespace that they are about, where it is one. */
  readonly only: string | undefined;
} {
  const manifests = files.map(readManifests);
  const objects = manifests.flatMap(({ documents }) => documents.flatMap((document) => document.objects));
  const names = new Set(objects.filter(isNamespace).map(({ name }) => name));
  const [name, ...others] = names;
  const unnamed = (others.length === 0 && name) || chosen || defaultNamespace;
  const { facts, faults } = namespacesIn(manifests, unnamed);
  const [only, ...more] = facts.keys();
  return {
    facts,
    faults: [...manifests.flatMap((reading) => reading.faults), ...faults],
    only: more.length === 0 ? only : undefined,
  };
}

/** The facts in the Namespaces, LimitRanges and ResourceQuotas among manifests. Those that name no namespace are in
 *  the one called `unnamed`. */
export function namespacesIn(manifests: readonly Manifests[], unnamed: string): NamespaceReading {
  const faults: ManifestError[] = [];
  const facts = new Map<string, NamespaceFacts>();
  for (const { source, objects } of manifests.flatMap(({ documents }) => documents)) {
    for (const object of objects) {
      const { path, value } = object;
      const shape = shapeFor(object);
      const fault = shape?.(value);
      if (fault !== undefined) {
        const place = source.positionOf([...path, ...fault.path.toReversed()]);
        faults.push(new ManifestError(complaintOf(fault, ''), place));
      } else if (shape !== undefined) {
        add(object, facts, unnamed);
      }
    }
  }
  return { facts, faults };
}

/** What is known of a namespace from two sides; `further` wins where both name the same. */
export function joinFacts(known: NamespaceFacts, further: NamespaceFacts): NamespaceFacts {
  return {
    name: known.name,
    labels: { ...known.labels, ...further.labels },
    annotations: { ...known.annotations, ...further.annotations },
    limitRanges: joinByName(known.limitRanges, further.limitRanges),
    resourceQuotas: joinByName(known.resourceQuotas, further.resourceQuotas),
  };
}

function joinByName<T extends LimitRange | ResourceQuota>(known: readonly T[], further: readonly T[]): T[] {
  const names = new Set(further.map(({ metadata }) => metadata?.name));
  return [...known.filter(({ metadata }) => !names.has(metadata?.name)), ...further];
}

function isNamespace({ apiVersion, kind }: ManifestObject): boolean {
  return apiVersion === 'v1' && kind === 'Namespace';
}

function shapeFor({ apiVersion, kind }: ManifestObject): Shape | undefined {
  return apiVersion === 'v1' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
}

/** The object's shape has been looked at. */
function add(
  { kind, name, namespace, value }: ManifestObject,
  facts: Map<string, NamespaceFacts>,
  unnamed: string,
): void {
  const owner = kind === 'Namespace' ? name : namespace || unnamed;
  const known = facts.get(owner) ?? unknownNamespace(owner);
  if (kind === 'Namespace') {
    const { labels, annotations } = value.metadata as Readonly<
      Record<string, Record<string, string | null> | null>
    >;
    const texts = {
      labels: withoutNullMembers(labels ?? {}),
      annotations: withoutNullMembers(annotations ?? {}),
    };
    facts.set(owner, { ...known, ...texts });
  } else if (kind === 'LimitRange') {
    const limitRange = { metadata: { name }, spec: value.spec } as LimitRange;
    facts.set(owner, { ...known, limitRanges: [...known.limitRanges, limitRange] });
  } else {
    const resourceQuota = { metadata: { name }, spec: value.spec } as ResourceQuota;
    facts.set(owner, { ...known, resourceQuotas: [...known.resourceQuotas, resourceQuota] });
  }
}
