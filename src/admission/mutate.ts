import { harden } from '../hardening/harden.js';
import type { Report } from '../hardening/report.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import type { Plan } from '../policy/plan.js';
import { auditAnnotationsOf } from './audit.js';
import type { ReviewRequest, ReviewResponse } from './review.js';
import { warningsOf } from './warnings.js';

/** What a request came to, for whoever observes. */
export interface Reviewed {
  readonly response: ReviewResponse;
  /** Absent for what is not ours: an update, a subresource, another kind. */
  readonly report: Report | undefined;
  readonly plan: Plan | undefined;
}

const untouched: Reviewed = {
  response: { allowed: true, patch: [], warnings: [], auditAnnotations: {} },
  report: undefined,
  plan: undefined,
};

/** Whether the request is the creation of a pod: pods cannot be changed later, and no other kind is ours. */
export function isPodCreation({ kind, operation, subResource }: ReviewRequest): boolean {
  return (
    operation === 'CREATE' &&
    subResource === '' &&
    kind.kind === 'Pod' &&
    kind.group === '' &&
    kind.version === 'v1'
  );
}

/** The answer to a mutating review. `planFor` is asked only where a pod is created. */
export function mutate(
  request: ReviewRequest,
  facts: NamespaceFacts,
  planFor: (pod: Pod, facts: NamespaceFacts) => Plan,
): Reviewed {
  if (!isPodCreation(request)) return untouched;
  const pod = request.object as Pod;
  const plan = planFor(pod, facts);
  const report = harden(pod, plan, facts);
  const warnings = isControlled(pod) ? [] : warningsOf(report);
  const response = {
    allowed: true,
    patch: report.patch,
    warnings,
    auditAnnotations: auditAnnotationsOf(report, pod),
  } as const;
  return { response, report, plan };
}

/** Whether a controller creates the pod: nobody reads the warnings that it gets. */
function isControlled({ metadata }: Pod): boolean {
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
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
