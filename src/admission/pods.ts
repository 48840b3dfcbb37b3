import type { NamespaceFacts, Pod } from '../kubernetes.js';
import type { Plan } from '../policy/plan.js';
import type { ReviewRequest, ReviewResponse } from './review.js';

/** What is planned for a pod of a namespace. */
export type PlanFor = (pod: Pod, facts: NamespaceFacts) => Plan;

/** Whether the request is the creation of a pod. */
export function isPodCreation({ kind, operation, subResource }: ReviewRequest): boolean {
  return operation === 'CREATE' && subResource === '' && isPod(kind);
}

/** Whether the request changes a pod itself: its metadata, its images and hardly anything else. */
export function isPodUpdate({ kind, operation, subResource }: ReviewRequest): boolean {
  return operation === 'UPDATE' && subResource === '' && isPod(kind);
}

/** Whether the request gives a running pod ephemeral containers, as `kubectl debug` does. */
export function isEphemeralUpdate({ kind, operation, subResource }: ReviewRequest): boolean {
  return operation === 'UPDATE' && subResource === 'ephemeralcontainers' && isPod(kind);
}

function isPod({ group, version, kind }: ReviewRequest['kind']): boolean {
  return kind === 'Pod' && group === '' && version === 'v1';
}

/** What etcd takes in one request (etcd, --max-request-bytes), less what the API server writes around an object. */
const maxStored = 1.5 * 1024 * 1024 - 4096;

/** More than hardly any operation takes, so that hardly any patch has to be written out to know its size. */
const operationSize = 1024;

/** Whether the pod, of a review of so many bytes, can be stored with the patch as without. It is stored in fewer bytes
 *  than its JSON has, which leaves some pods alone that could be hardened, and none that could not. */
export function isStorable(bytes: number, patch: ReviewResponse['patch']): boolean {
  if (patch.length === 0 || bytes + patch.length * operationSize < maxStored) return true;
  return bytes + Buffer.byteLength(JSON.stringify(patch)) < maxStored;
}

/** Whether a controller creates the pod: nobody reads the warnings that it gets. */
export function isControlled({ metadata }: Pod): boolean {
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
}
