import type { Pod } from '../kubernetes.js';
import { podFault } from '../podShape.js';
import { type Manifests, type ManifestObject } from '../preview/manifests.js';
import { valueAt } from '../preview/paths.js';
import { isMapping } from '../shape.js';
import type { LabelSelector, Port } from './policy.js';

/** What matters of something that makes pods. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
  /** Empty where neither the manifest nor its caller says. */
  readonly namespace: string;
  /** Labels of its pods, without those that controllers make up. */
  readonly labels: Readonly<Record<string, string>>;
  /** Selects its pods; undefined where they have no label of their own. */
  readonly selector: LabelSelector | undefined;
  readonly ports: readonly Port[];
  /** The service account that it names, and with which it says that it talks to the API server. */
  readonly serviceAccount: string | undefined;
  readonly hostNetwork: boolean;
}

/** Workloads and what leads to them, among manifests. */
export interface Inventory {
  readonly workloads: readonly Workload[];
  readonly objects: readonly ManifestObject[];
}

/** Everything that makes pods, but not what another workload makes: the ReplicaSet of a Deployment. */
export function inventoryOf(manifests: readonly Manifests[]): Inventory {
  const objects = manifests.flatMap(({ documents }) => documents.flatMap((document) => document.objects));
  return { objects, workloads: objects.flatMap((object) => workloadOf(object) ?? []) };
}

function workloadOf({ kind, name, namespace, template, value }: ManifestObject): Workload | undefined {
  if (template === undefined || isOwned(value)) return undefined;
  const found = valueAt(value, template);
  if (podFault(found) !== undefined) return undefined;
  // podFault has looked at it.
  const pod = found as Pod;
  const labels = ownLabels(pod);
  const { spec } = pod;
  const account = spec.serviceAccountName || spec.serviceAccount;
  return {
    kind,
    name,
    namespace,
    labels,
    selector: selectorOf(value, labels),
    ports: portsOf(pod),
    serviceAccount: account != null && account !== '' && account !== 'default' ? account : undefined,
    hostNetwork: spec.hostNetwork === true,
  };
}

function isOwned({ metadata }: Readonly<Record<string, unknown>>): boolean {
  const owners = isMapping(metadata) ? metadata.ownerReferences : undefined;
  return Array.isArray(owners) && owners.some((owner) => isMapping(owner) && owner.controller === true);
}

/** Labels that controllers make up, anew for each version or run. */
const madeUp =
  /^(?:pod-template-hash|controller-revision-hash|pod-template-generation|(?:batch\.kubernetes\.io\/)?(?:controller-uid|job-name)|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index)$/;

function ownLabels({ metadata }: Pod): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata?.labels ?? {}).filter(
    ([key, value]) => value != null && !madeUp.test(key),
  );
  return Object.fromEntries(entries);
}

/** The workload's own selector, which no other may share, where that is by labels of its template; else all of these. */
function selectorOf(
  value: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
): LabelSelector | undefined {
  const selector = valueAt(value, ['spec', 'selector', 'matchLabels']);
  const own = isMapping(selector) ? Object.entries(selector) : [];
  const isOfTemplate = own.every(([key, wanted]) => labels[key] === wanted);
  if (own.length > 0 && isOfTemplate) return { matchLabels: selector as Record<string, string> };
  return Object.keys(labels).length === 0 ? undefined : { matchLabels: labels };
}

/** The ports that its containers declare, each once; those of init containers that go on running too. */
function portsOf({ spec }: Pod): Port[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = new Map<string, Port>();
  for (const { ports: declared } of [...spec.containers, ...sidecars]) {
    for (const { containerPort, protocol } of declared ?? []) {
      const port = { protocol: protocol ?? 'TCP', port: containerPort };
      ports.set(`${port.protocol} ${port.port}`, port);
    }
  }
  return [...ports.values()];
}
