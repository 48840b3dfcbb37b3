import { isDenied } from '../hardening/explain.js';
import { harden } from '../hardening/harden.js';
import { denialsOfNewcomers, missedChanges, newDenials } from '../hardening/judge.js';
import type { Finding } from '../hardening/report.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import type { Plan } from '../policy/plan.js';
import { planChange, planValidation, systemNamespaces } from '../policy/validation.js';
import { deniedAnnotation } from './audit.js';
import { isEphemeralUpdate, isPodCreation, isPodUpdate, isStorable, type PlanFor } from './pods.js';
import { refusalMessage, refusedBy } from './refusal.js';
import { isWorkloadChange, templateWarnings } from './templates.js';
import { admitted, type Refusal, type ReviewRequest, type ReviewResponse } from './review.js';

/** What a validating review came to, for whoever observes. */
export interface Validated {
  readonly response: ReviewResponse | Refusal;
  /** The controls that refuse it, or `requireHardened`; none where it is admitted. */
  readonly refusedBy: readonly string[];
}

const untouched: Validated = { response: admitted, refusedBy: [] };

/** The answer to a validating review, of the object as every mutating webhook has left it. `planFor` is asked only for
 *  what can be refused, and for pod templates, whose authors are told what their pods will get. */
export function validate(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Validated {
  if (systemNamespaces.has(request.namespace)) return untouched;
  if (isPodCreation(request)) return validatePod(request, facts, planFor);
  if (isPodUpdate(request)) return validateUpdate(request, facts, planFor);
  if (isEphemeralUpdate(request)) return validateEphemeral(request, facts, planFor);
  if (isWorkloadChange(request)) {
    const warnings = templateWarnings(request, facts, planFor);
    return { response: { ...admitted, warnings }, refusedBy: [] };
  }
  return untouched;
}

/** A patch might have fitted by so many bytes less when it was made: what else is in the review comes and goes. */
const sizeMargin = 64 * 1024;

function validatePod(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Validated {
  const pod = request.object as Pod;
  const plan = planValidation(planFor(pod, facts));
  if (plan === undefined) return untouched;
  const report = harden(pod, plan, facts);
  const denied = report.findings.filter(isDenied);
  const couldBeStored = isStorable(request.bytes + sizeMargin, report.patch);
  const missed = couldBeStored ? missedChanges(pod, report) : [];
  return judge(request, { facts, plan, denied, missed });
}

/** Only images can change, and what the API server has others for: its own fields, labels, annotations. */
function validateUpdate(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Validated {
  const pod = request.object as Pod;
  const plan = planChange(planFor(pod, facts));
  if (plan === undefined) return untouched;
  const denied = newDenials(pod, request.oldObject as Pod, plan, facts);
  return judge(request, { facts, plan, denied, missed: [] });
}

function validateEphemeral(request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor): Validated {
  // As in the mutating review: an annotation that comes along is never stored, and must not count.
  const stored = request.oldObject as Pod;
  const plan = planFor(stored, facts);
  const denying = plan.ephemeralMode === 'enforce' ? planChange(plan) : undefined;
  if (denying === undefined) return untouched;
  const { ephemeralContainers = [] } = (request.object as Pod).spec;
  const pod = { ...stored, spec: { ...stored.spec, ephemeralContainers } };
  const existing = new Set(stored.spec.ephemeralContainers?.map(({ name }) => name));
  const denied = denialsOfNewcomers(pod, existing, denying, facts);
  return judge(request, { facts, plan: denying, denied, missed: [] });
}

interface Found {
  readonly facts: NamespaceFacts;
  readonly plan: Plan;
  readonly denied: readonly Finding[];
  readonly missed: readonly Finding[];
}

function judge({ namespace }: ReviewRequest, found: Found): Validated {
  const by = refusedBy(found);
  if (by.length === 0) return untouched;
  return {
    response: {
      allowed: false,
      message: refusalMessage({ namespace, ...found }),
      auditAnnotations: { refused: deniedAnnotation(found.denied, found.missed) },
    },
    refusedBy: by,
  };
}
