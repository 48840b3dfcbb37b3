import { harden, hardenEphemeral, leaveAlone } from '../hardening/harden.js';
import type { Report } from '../hardening/report.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import { planEphemeral } from '../policy/ephemeral.js';
import type { Plan } from '../policy/plan.js';
import { auditAnnotationsOf, isSecondCall } from './audit.js';
import type { ReviewRequest, ReviewResponse } from './review.js';
import { warningLines, warningsOf } from './warnings.js';

/** What a request came to, for whoever observes. */
export interface Reviewed {
  readonly response: ReviewResponse;
  /** Absent for what is not ours: another update, another kind. */
  readonly report: Report | undefined;
  readonly plan: Plan | undefined;
}

const untouched: Reviewed = {
  response: { allowed: true, patch: [], warnings: [], auditAnnotations: {} },
  report: undefined,
  plan: undefined,
};

/** Whether the request is the creation of a pod. */
export function isPodCreation({ kind, operation, subResource }: ReviewRequest): boolean {
  return operation === 'CREATE' && subResource === '' && isPod(kind);
}

/** Whether the request gives a running pod ephemeral containers, as `kubectl debug` does: nothing else that matters
 *  can be changed of a pod, and no other kind is ours. */
export function isEphemeralUpdate({ kind, operation, subResource }: ReviewRequest): boolean {
  return operation === 'UPDATE' && subResource === 'ephemeralcontainers' && isPod(kind);
}

function isPod({ group, version, kind }: ReviewRequest['kind']): boolean {
  return kind === 'Pod' && group === '' && version === 'v1';
}

type PlanFor = (pod: Pod, facts: NamespaceFacts) => Plan;

/** The answer to a mutating review. `planFor` is asked only for what is ours. */
export function mutate(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Reviewed {
  if (isPodCreation(request)) return mutatePod(request, facts, planFor);
  if (isEphemeralUpdate(request)) return mutateEphemeral(request, facts, planFor);
  return untouched;
}

function mutatePod({ object, bytes }: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Reviewed {
  const pod = object as Pod;
  const plan = planFor(pod, facts);
  const hardened = harden(pod, plan, facts);
  const report = isStorable(bytes, hardened.patch) ? hardened : leaveAlone(pod, plan, 'nearlyTooLarge');
  const warnings = isControlled(pod) ? [] : warningsOf(report);
  const response = {
    allowed: true,
    patch: report.patch,
    warnings,
    auditAnnotations: auditAnnotationsOf(report, isSecondCall(report, pod)),
  } as const;
  return { response, report, plan };
}

/** What etcd takes in one request (etcd, --max-request-bytes), less what the API server writes around an object. */
const maxStored = 1.5 * 1024 * 1024 - 4096;

/** More than hardly any operation takes, so that hardly any patch has to be written out to know its size. */
const operationSize = 1024;

/** Whether the pod, of a review of so many bytes, can be stored with the patch as without. It is stored in fewer bytes
 *  than its JSON has, which leaves some pods alone that could be hardened, and none that could not. */
function isStorable(bytes: number, patch: ReviewResponse['patch']): boolean {
  if (patch.length === 0 || bytes + patch.length * operationSize < maxStored) return true;
  return bytes + Buffer.byteLength(JSON.stringify(patch)) < maxStored;
}

/** The pod's controller does not matter here: a person waits for the answer. */
function mutateEphemeral(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Reviewed {
  // Whatever else the request changes of the pod, the API server reverts: it must not count.
  const stored = request.oldObject as Pod;
  const plan = planEphemeral(planFor(stored, facts), stored);
  if (plan === undefined) return untouched;
  const { ephemeralContainers = [] } = (request.object as Pod).spec;
  const pod = { ...stored, spec: { ...stored.spec, ephemeralContainers } };
  const existing = new Set(stored.spec.ephemeralContainers?.map(({ name }) => name));
  const report = hardenEphemeral(pod, existing, plan, facts);
  const response = {
    allowed: true,
    patch: report.patch,
    warnings: warningsOf(report),
    auditAnnotations: auditAnnotationsOf(report, false),
  } as const;
  return { response, report, plan };
}

/** Whether a controller creates the pod: nobody reads the warnings that it gets. */
function isControlled({ metadata }: Pod): boolean {
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
}

/** The answer to a pod that is none: the API server, which knows it to be none as well, is left to refuse it. */
export function answerToMisshapen(complaint: string): ReviewResponse {
  return {
    allowed: true,
    patch: [],
    warnings: warningLines([`not hardened: ${complaint}`]),
    auditAnnotations: { error: 'misshapen' },
  };
}

/** The answer where we failed: the pod is admitted as it is, and the person is told (law 7). */
export function answerToFailure(): ReviewResponse {
  return {
    allowed: true,
    patch: [],
    warnings: ['podtemper: not hardened, because of an error in podtemper itself; see its log'],
    auditAnnotations: { error: 'internal' },
  };
}
