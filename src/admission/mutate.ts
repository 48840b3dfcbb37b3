import { harden, hardenEphemeral, leaveAlone } from '../hardening/harden.js';
import type { Report } from '../hardening/report.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import { planEphemeral } from '../policy/ephemeral.js';
import type { Plan } from '../policy/plan.js';
import { auditAnnotationsOf, isSecondCall } from './audit.js';
import {
  bytesOfObject,
  isControlled,
  isEphemeralUpdate,
  isPodCreation,
  isStorable,
  type PlanFor,
} from './pods.js';
import { admitted, type ReviewRequest, type ReviewResponse } from './review.js';
import { warningsOf } from './warnings.js';

/** What a request came to, for whoever observes. */
export interface Reviewed {
  readonly response: ReviewResponse;
  /** Absent for what is not ours: another update, another kind. */
  readonly report: Report | undefined;
  readonly plan: Plan | undefined;
}

const untouched: Reviewed = {
  response: admitted,
  report: undefined,
  plan: undefined,
};

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

/** The pod's controller does not matter here: a person waits for the answer. */
function mutateEphemeral(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Reviewed {
  // Whatever else the request changes of the pod, the API server reverts: it must not count.
  const stored = request.oldObject as Pod;
  const plan = planEphemeral(planFor(stored, facts), stored);
  if (plan === undefined) return untouched;
  const { ephemeralContainers = [] } = (request.object as Pod).spec;
  const pod = { ...stored, spec: { ...stored.spec, ephemeralContainers } };
  const existing = new Set(stored.spec.ephemeralContainers?.map(({ name }) => name));
  const hardened = hardenEphemeral(pod, existing, plan, facts);
  const isRoomy = isStorable(bytesOfObject(request), hardened.patch);
  const report = isRoomy ? hardened : leaveAlone(pod, plan, 'nearlyTooLarge');
  const response = {
    allowed: true,
    patch: report.patch,
    warnings: warningsOf(report),
    auditAnnotations: auditAnnotationsOf(report, false),
  } as const;
  return { response, report, plan };
}
