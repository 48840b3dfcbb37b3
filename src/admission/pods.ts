import type { Operation } from 'fast-json-patch';
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

/** More than an operation takes that adds one thing, so that hardly any patch has to be written out to know its size:
 *  the longest text in one is a path to mount on, of 255 characters of up to six bytes each. */
const additionSize = 2048;

/** Whether the pod, of a review of so many bytes, can be stored with the patch as without. It is stored in fewer bytes
 *  than its JSON has, which leaves some pods alone that could be hardened, and none that could not. */
export function isStorable(bytes: number, patch: ReviewResponse['patch']): boolean {
  let additions = 0;
  for (const operation of patch) additions += additionsIn(operation);
  if (additions === 0 || bytes + additions * additionSize < maxStored) return true;
  let room = maxStored - bytes;
  // Written out one by one: all together may be a hundred times as long as what fits.
  for (const operation of patch)
    if ((room -= Buffer.byteLength(JSON.stringify(operation))) <= 0) return false;
  return true;
}

/** A whole list is added where there is none. */
function additionsIn(operation: Operation): number {
  return operation.op === 'add' && Array.isArray(operation.value) ? operation.value.length : 1;
}

/** Size of the object in the JSON of an update, in bytes, or of the whole where that is small. */
export function bytesOfObject({ bytes, oldObject }: ReviewRequest): number {
  return bytes < maxStored / 2 ? bytes : bytes - Buffer.byteLength(JSON.stringify(oldObject));
}

/** Whether a controller creates the pod: nobody reads the warnings that it gets. */
export function isControlled({ metadata }: Pod): boolean {
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
}
