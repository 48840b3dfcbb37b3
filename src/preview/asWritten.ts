import { templatePathOf } from '../hardening/workloads.js';
import { isMapping } from '../shape.js';
import { valueAt, withValueAt } from './paths.js';

type Mapping = Readonly<Record<string, unknown>>;

/** What only the API server and its controllers write into metadata. */
const ownMetadata = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);
const ownAnnotations = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
]);

/** A live object as somebody would write it to have it made anew: without its status, what the API server keeps of it,
 *  and what came to a pod after its creation, the node it was put on and the containers of `kubectl debug`. Defaults
 *  stay, as the webhook sees them too: none of them is a choice that would keep a control off. */
export function asWritten(object: Mapping): Mapping {
  const { status: _status, ...rest } = object;
  const bare = withoutOwnMetadata(rest);
  const { apiVersion, kind } = object;
  if (kind === 'Pod' && isMapping(bare.spec)) {
    const { nodeName: _node, ephemeralContainers: _debugging, ...spec } = bare.spec;
    return { ...bare, spec };
  }
  const group = String(apiVersion).includes('/') ? String(apiVersion).split('/', 1)[0] : '';
  const path = templatePathOf(group ?? '', String(kind)) ?? [];
  const template = valueAt(bare, path);
  if (path.length === 0 || !isMapping(template)) return bare;
  // isMapping has looked at it.
  return withValueAt(bare, path, withoutOwnMetadata(template)) as Mapping;
}

function withoutOwnMetadata(object: Mapping): Mapping {
  if (!isMapping(object.metadata)) return object;
  const { annotations, ...others } = without(object.metadata, ownMetadata);
  const left = isMapping(annotations) ? without(annotations, ownAnnotations) : {};
  const metadata = { ...others, ...(Object.keys(left).length > 0 && { annotations: left }) };
  return { ...object, metadata };
}

function without(mapping: Mapping, keys: ReadonlySet<string>): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.has(key)));
}
