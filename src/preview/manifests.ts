import { ManifestError } from '../errors.js';
import { templatePathOf } from '../hardening/workloads.js';
import type { Path } from './paths.js';
import { complaintOf, type Fault, isMapping, mapping, type Shape, text } from '../shape.js';
import { readDocuments, type SourceDocument } from './yaml.js';

/** The text of a manifest file. */
export interface ManifestFile {
  readonly file: string;
  readonly text: string;
}

/** What is in a manifest file, as far as it could be read. */
export interface Manifests {
  readonly documents: readonly ManifestDocument[];
  readonly faults: readonly ManifestError[];
  readonly warnings: readonly ManifestError[];
}

/** One document of a manifest file, and the API objects in it. */
export interface ManifestDocument {
  readonly source: SourceDocument;
  readonly objects: readonly ManifestObject[];
}

/** One API object of a document. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** As the API server would name it: `web-?` where it makes up the rest. */
  readonly name: string;
  /** Empty where neither the object nor its review says. */
  readonly namespace: string;
  /** Where it is in its document: keys and indexes. */
  readonly path: Path;
  /** Where its pod template is, from the object's root; undefined where it has none that we know of. */
  readonly template: readonly string[] | undefined;
  /** Why it passes through as it is. */
  readonly note: string | undefined;
  readonly value: Readonly<Record<string, unknown>>;
}

const objectShape: Shape = mapping(
  { apiVersion: text, kind: text, metadata: mapping({ name: text, generateName: text, namespace: text }) },
  ['apiVersion', 'kind'],
);

/** Longest path to an object: lists within lists are read that far, which is farther than anybody nests them. */
const maxPath = 20;

/** The API objects of a manifest file, in its order: those of lists one by one, that of an AdmissionReview too. What
 *  is no API object is among the faults. */
export function readManifests({ text: whole, file }: ManifestFile): Manifests {
  const { documents: sources, faults: unreadable, warnings } = readDocuments(whole, file);
  const faults = [...unreadable];
  const documents = sources.map((source): ManifestDocument => ({
    source,
    objects: objectsOf(source, faults),
  }));
  return { documents, faults, warnings };
}

function objectsOf(document: SourceDocument, faults: ManifestError[]): ManifestObject[] {
  if (document.value == null) return [];
  const objects: ManifestObject[] = [];
  const found: Found = { value: document.value, path: [], defaults: {} };
  collect(found, objects, (path, fault) => {
    const where = [...path, ...fault.path.toReversed()];
    const advice = fault.advice ?? adviceFor(where);
    const complaint = complaintOf({ ...fault, path: where.toReversed() }, '');
    faults.push(
      new ManifestError(
        { ...complaint, ...(advice !== undefined && { advice }) },
        document.positionOf(where),
      ),
    );
  });
  return objects;
}

interface Found {
  readonly value: unknown;
  readonly path: Path;
  /** What the list or review around it says for it. */
  readonly defaults: { readonly apiVersion?: string; readonly kind?: string; readonly namespace?: string };
}

type OnFault = (path: Path, fault: Fault) => void;

function collect(found: Found, objects: ManifestObject[], onFault: OnFault): void {
  const { value, path, defaults } = found;
  const object = isMapping(value) ? { ...defaults, ...value } : value;
  const fault = objectShape(object);
  if (fault !== undefined) return onFault(path, fault);
  const { apiVersion, kind, items } = object as { apiVersion: string; kind: string; items?: unknown };
  const members = Array.isArray(items) && kind.endsWith('List') ? (items as unknown[]) : undefined;
  if (members !== undefined && path.length < maxPath) {
    const typed = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion };
    members.forEach((member, index) =>
      collect({ value: member, path: [...path, 'items', index], defaults: typed }, objects, onFault),
    );
  } else if (kind === 'AdmissionReview' && apiVersion.startsWith('admission.k8s.io/')) {
    collectReview(found, objects, onFault);
  } else {
    objects.push(identify(found, value as Record<string, unknown>, { apiVersion, kind }));
  }
}

function collectReview(found: Found, objects: ManifestObject[], onFault: OnFault): void {
  const review = found.value as Readonly<Record<string, unknown>>;
  const identity = { apiVersion: String(review.apiVersion), kind: 'AdmissionReview' };
  const { request } = review;
  if (!isMapping(request) || request.object == null) {
    const note = 'it holds no object to be created';
    objects.push({ ...identify(found, review, identity), note });
    return;
  }
  const { operation, subResource, namespace } = request;
  const inner: ManifestObject[] = [];
  const defaults = typeof namespace === 'string' ? { namespace } : {};
  collect({ value: request.object, path: [...found.path, 'request', 'object'], defaults }, inner, onFault);
  const isCreation = (operation ?? 'CREATE') === 'CREATE' && (subResource ?? '') === '';
  const note = 'only the creation of a pod is hardened, not what comes after it';
  for (const object of inner) objects.push(isCreation ? object : { ...object, template: undefined, note });
}

function identify(
  { path, defaults }: Found,
  value: Readonly<Record<string, unknown>>,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): ManifestObject {
  const { name, generateName, namespace } = (value.metadata ?? {}) as Readonly<
    Record<string, string | null | undefined>
  >;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const template = templatePathOf(group, kind);
  return {
    apiVersion,
    kind,
    name: name ?? (generateName ? `${generateName}?` : ''),
    namespace: namespace ?? defaults.namespace ?? '',
    path,
    template,
    note: template === undefined ? noteOn(group) : undefined,
    value,
  };
}

/** Kinds of Kubernetes itself that are not in the table have nothing to do with pods; of others nobody knows. */
function noteOn(group: string): string {
  return group.includes('.') && !group.endsWith('.k8s.io')
    ? 'not a kind that the preview knows; pods that come of it are hardened as they are created'
    : 'there is no pod template in it';
}

function adviceFor(path: Path): string | undefined {
  if (path.length === 0) return 'a manifest begins with apiVersion and kind';
  if (path.at(-1) === 'kind') return 'add a line such as kind: Deployment';
  return path.at(-1) === 'apiVersion' ? 'add a line such as apiVersion: apps/v1' : undefined;
}
