import type { Operation } from 'fast-json-patch';
import { ManifestError, type Position } from '../errors.js';
import type { Advice } from '../advice/kit/advisor.js';
import type { Checklist } from '../guides/checklist.js';
import type { Guide } from '../guides/guide.js';
import { exemptions, type Report } from '../hardening/report.js';
import type { Standing } from '../hardening/standing.js';
import { expectedOf } from '../hardening/workloads.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import type { NamespaceMode } from '../policy/plan.js';
import type { PolicySet } from '../policy/policy.js';
import { podFault } from '../podShape.js';
import { complaintOf } from '../shape.js';
import { crowdFault, firstOf } from './limits.js';
import { type ManifestDocument, type ManifestFile, type ManifestObject, readManifests } from './manifests.js';
import { defaultNamespace, namespacesIn } from './namespaces.js';
import { networkPoliciesIn } from './networkPolicies.js';
import { type Path, pathOf, pointerOf, valueAt, withValueAt } from './paths.js';
import { type KnownImages, NamespacePlans } from './plans.js';
import { rewrite, type Rewritten } from './rewrite.js';
import type { Addition } from './splice.js';
import type { SourceDocument } from './yaml.js';

/** What a preview depends on besides the manifests: the same as the webhook's answer. */
export interface PreviewOptions {
  readonly policies: PolicySet;
  /** Policy of a namespace that names none. */
  readonly defaultPolicy: string;
  /** Mode of a namespace that names none, or of which nothing is known. */
  readonly mode: NamespaceMode;
  /** Namespace of objects that name none; `default` where it is left out. */
  readonly namespace?: string | undefined;
  /** What is known of a namespace. What the manifests say of it is added. */
  readonly facts: (namespace: string) => NamespaceFacts | undefined;
  /** What to show whatever the namespaces say. */
  readonly chosen?: { readonly mode?: NamespaceMode | undefined; readonly policy?: string | undefined };
  /** UTC date, YYYY-MM-DD. */
  readonly today: string;
  /** Guide to go through with each pod. */
  readonly guide?: Guide | undefined;
  /** Most containers in all pods together; any number where it is left out. */
  readonly maxContainers?: number;
  /** Told before each file is read, and again before its objects are hardened. */
  readonly onProgress?: ((doing: 'reading' | 'hardening', done: number, total: number) => void) | undefined;
}

/** One API object, and what hardening makes of it. */
export interface PreviewItem {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** File that it is in. */
  readonly file: string;
  /** JSON Pointer of the object in its document. */
  readonly pointer: string;
  /** JSON Pointer of its pod template in the object. */
  readonly templatePointer: string;
  /** Undefined where the object passes through. */
  readonly pod: Pod | undefined;
  readonly report: Report | undefined;
  /** Where the pod stands in the Pod Security Standards. */
  readonly standing: Standing | undefined;
  readonly knownImages: KnownImages;
  /** What is likely to break, and how to avoid it. */
  readonly advice: readonly Advice[];
  /** Where a guide was asked for. */
  readonly checklist: Checklist | undefined;
  /** Name of its namespace, where nothing says which mode that has. */
  readonly assumedNamespace: string | undefined;
  /** Name of its namespace, where that is one of the cluster itself: the webhook as installed is not called there, and
   *  refuses nothing. What hardening would make of it is shown all the same, as it can be written into the manifest. */
  readonly systemNamespace: string | undefined;
  /** Why it passes through, or is left alone. */
  readonly note: string | undefined;
  /** From `object` to `hardened`. */
  readonly patch: readonly Operation[];
  readonly object: unknown;
  readonly hardened: unknown;
  /** Where what is at that path of its pod stands in the file, or else the nearest thing around it. */
  positionOf(path: Path): Position;
}

/** One document of a file, and the objects in it. */
export interface PreviewDocument {
  readonly source: SourceDocument;
  readonly items: readonly PreviewItem[];
  /** What the document holds, with each object in it hardened. */
  readonly hardened: unknown;
  /** Its text without and with hardening. */
  rewrite(): Rewritten;
}

/** What becomes of all objects of one or more manifest files. */
export interface Preview {
  readonly documents: readonly PreviewDocument[];
  readonly items: readonly PreviewItem[];
  /** What could not be read. What it stands in is not among the items, and its text passes through. */
  readonly faults: readonly ManifestError[];
  /** What was read, but is hardly meant: a key that is there twice. */
  readonly warnings: readonly ManifestError[];
}

/** The preview of one manifest text. */
export function preview(text: string, file: string, options: PreviewOptions): Preview {
  return previewFiles([{ file, text }], options);
}

/** The preview of manifest files. Faults of the input are in it, so that all else is shown. */
export function previewFiles(files: readonly ManifestFile[], options: PreviewOptions): Preview {
  const { onProgress } = options;
  const manifests = files.map((file, index) => {
    onProgress?.('reading', index, files.length);
    return readManifests(file);
  });
  const crowd = crowdFault(manifests, options.maxContainers);
  if (crowd !== undefined) return { documents: [], items: [], faults: [crowd], warnings: [] };
  const unnamed = options.namespace ?? defaultNamespace;
  const { facts, faults: namespaceFaults } = namespacesIn(manifests, unnamed);
  const faults = [...manifests.flatMap((reading) => reading.faults), ...namespaceFaults];
  const plans = new NamespacePlans(options, facts, networkPoliciesIn(manifests, unnamed));
  const documents = manifests.flatMap((reading, index) => {
    onProgress?.('hardening', index, files.length);
    return reading.documents.map((document) => documentOf(document, plans, faults));
  });
  const items = documents.flatMap((document) => document.items);
  const [first] = files;
  if (items.length === 0 && faults.length === 0 && first !== undefined) faults.push(emptyFault(first));
  const warnings = manifests.flatMap((reading) => reading.warnings);
  return { documents, items, faults: firstOf(inOrderOf(files, faults)), warnings };
}

function emptyFault({ text, file }: ManifestFile): ManifestError {
  const found = text.trim() === '' ? 'nothing at all' : 'none';
  const advice = 'a manifest begins with apiVersion and kind';
  return new ManifestError(
    { where: 'manifest', expected: 'an API object', found, advice },
    { file, line: 1, column: 1 },
  );
}

/** In the order of the files, and from top to bottom within each. */
function inOrderOf(files: readonly ManifestFile[], faults: readonly ManifestError[]): ManifestError[] {
  const ranks = new Map(files.map(({ file }, index) => [file, index]));
  const rank = ({ position }: ManifestError) => ranks.get(position?.file ?? '') ?? 0;
  const line = ({ position }: ManifestError) => position?.line ?? 0;
  return faults.toSorted((a, b) => rank(a) - rank(b) || line(a) - line(b));
}

function documentOf(
  { source, objects }: ManifestDocument,
  plans: NamespacePlans,
  faults: ManifestError[],
): PreviewDocument {
  const items = objects.flatMap((object) => previewObject(object, source, plans, faults) ?? []);
  const changed = items.filter(({ patch }) => patch.length > 0);
  const hardened = changed.reduce(
    (value, item) => withValueAt(value, pathOf(item.pointer), item.hardened),
    source.value,
  );
  const additions = changed.flatMap(({ pointer, patch }) => additionsOf(pointer, patch));
  const removals = changed.flatMap(({ pointer, patch }) => removalsOf(pointer, patch));
  return { source, items, hardened, rewrite: () => rewrite(source, { additions, removals }, hardened) };
}

function additionsOf(pointer: string, patch: readonly Operation[]): Addition[] {
  return patch.flatMap((operation) => {
    const path = pathOf(pointer + operation.path);
    return operation.op === 'add' ? [{ path, value: operation.value as unknown }] : [];
  });
}

function removalsOf(pointer: string, patch: readonly Operation[]): Path[] {
  return patch.flatMap(({ op, path }) => (op === 'remove' ? [pathOf(pointer + path)] : []));
}

function previewObject(
  object: ManifestObject,
  source: SourceDocument,
  plans: NamespacePlans,
  faults: ManifestError[],
): PreviewItem | undefined {
  const { apiVersion, kind, name, namespace, path, template, note, value } = object;
  const base = {
    apiVersion,
    kind,
    name,
    namespace,
    note,
    object: value,
    positionOf: (inner: Path) => source.positionOf([...path, ...(template ?? []), ...inner]),
  };
  const at = { file: source.file, pointer: pointerOf(path), templatePointer: pointerOf(template ?? []) };
  if (template === undefined) {
    return { ...base, ...at, ...nothing, hardened: value };
  }
  const found = valueAt(value, template);
  const fault = podFault(found);
  if (fault !== undefined) {
    const place = source.positionOf([...path, ...template, ...fault.path.toReversed()]);
    faults.push(new ManifestError(complaintOf(fault, template.join('.')), place));
    return undefined;
  }
  // podFault has looked at every field that hardening reads.
  const pod = found as Pod;
  const { report, ...outcome } = plans.harden(pod, namespace, expectedOf(object));
  const patch = report.patch.map((operation) => ({
    ...operation,
    path: at.templatePointer + operation.path,
  }));
  const hardened = patch.length === 0 ? value : withValueAt(value, template, report.hardened);
  const exempt = report.exemption === undefined ? undefined : exemptions[report.exemption];
  return { ...base, ...at, note: exempt, pod, report, ...outcome, patch, hardened };
}

const nothing = {
  pod: undefined,
  report: undefined,
  standing: undefined,
  knownImages: new Map<never, never>(),
  advice: [],
  checklist: undefined,
  assumedNamespace: undefined,
  systemNamespace: undefined,
  patch: [],
};
