import type { NamespaceFacts, Pod } from '../../src/kubernetes.js';
import { addedMountProblems, orderProblems, readOnlyProblems, volumeProblems } from './mountRules.js';
import { podSecurityProblems } from './podSecurity.js';
import { quotaEntries, resourceProblems } from './resourceRules.js';
import { schedulingProblems } from './schedulingRules.js';
import { containersOf, securityProblems } from './securityRules.js';
import { asCreated } from './serverDefaults.js';
import { toKeep } from './serverToken.js';
import { startProblems } from './startRules.js';

/** Largest sum of keys and values of a pod's annotations, in bytes (apimachinery, TotalAnnotationSizeLimitB). */
export const maxAnnotationBytes = 256 * 1024;

/** Bytes of all annotation keys and values. */
export function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

/** Why the API server would refuse the pod in that namespace, after its own defaults; only the rules that something
 *  we write could break (semantics.md A). Empty: it would take it. */
export function apiProblems(pod: Pod, facts: NamespaceFacts): string[] {
  const created = asCreated(pod, facts);
  const names = containersOf(created.spec).map(({ name }) => name);
  const tooLong = annotationBytes(created.metadata?.annotations ?? {}) > maxAnnotationBytes;
  return [
    ...(new Set(names).size < names.length ? ['a container name twice'] : []),
    ...(tooLong ? ['annotations above 256 KiB'] : []),
    ...securityProblems(created),
    ...volumeProblems(created),
    ...resourceProblems(created, facts),
    ...schedulingProblems(created.spec),
  ];
}

/** What hardening made worse: refusals of a pod that was accepted before, starts that now fail, what a Pod
 *  Security level forbids, mounts over the workload's own, another order. Empty: nothing. */
export function newProblems(before: Pod, after: Pod, facts: NamespaceFacts): string[] {
  const [old, now] = [asCreated(before, facts), asCreated(after, facts)];
  const failedBefore = new Set(startProblems(old.spec, facts));
  const forbiddenBefore = new Set(podSecurityProblems(old.spec));
  const wasAccepted = apiProblems(before, facts).length === 0;
  return [
    ...(wasAccepted ? [...apiProblems(after, facts), ...quotaEntries(old.spec, now.spec, facts)] : []),
    ...startProblems(now.spec, facts).filter((problem) => !failedBefore.has(problem)),
    ...podSecurityProblems(now.spec).filter((problem) => !forbiddenBefore.has(problem)),
    ...addedMountProblems(before, after),
    ...readOnlyProblems(before, after),
    ...orderProblems(toKeep(before, after).spec, after.spec),
  ];
}
