import type { Report } from '../hardening/report.js';
import type { NamespaceFacts } from '../kubernetes.js';
import { anyHardensEphemeral } from '../policy/ephemeral.js';
import type { Plan } from '../policy/plan.js';
import type { PolicySet } from '../policy/policy.js';
import { anyRefuses } from '../policy/validation.js';
import { type Told, toldOfMutation, toldOfValidation } from './events.js';
import { mutate } from './mutate.js';
import { isEphemeralUpdate, isPodCreation, isPodUpdate, type PlanFor } from './pods.js';
import type { Refusal, ReviewRequest, ReviewResponse } from './review.js';
import { isWorkloadChange } from './templates.js';
import { validate } from './validate.js';
import { warningLines } from './warnings.js';

/** Where the API server sends reviews: `mutate` for what may be changed, `validate` for what may be refused. */
export type Endpoint = 'mutate' | 'validate';

/** What a review came to. */
export interface Outcome {
  readonly response: ReviewResponse | Refusal;
  /** Of a mutating review of something that is ours. */
  readonly report?: Report | undefined;
  readonly plan?: Plan | undefined;
  /** Of a validating review: what refuses it, none where it is admitted. */
  readonly refusedBy?: readonly string[];
}

/** What differs from one endpoint to the other. */
interface EndpointRules {
  /** Whether something has to be known of the namespace. */
  readonly needsFacts: (request: ReviewRequest, policies: () => PolicySet) => boolean;
  readonly review: (request: ReviewRequest, facts: NamespaceFacts, planFor: PlanFor) => Outcome;
  /** What somebody is to be told by an Event, where that is so. */
  readonly told: (
    request: ReviewRequest,
    outcome: Outcome,
    known: { readonly facts: NamespaceFacts; readonly planFor: PlanFor },
  ) => Told | undefined;
  /** What was not done where something goes wrong. */
  readonly undone: string;
}

export const endpoints: Readonly<Record<Endpoint, EndpointRules>> = {
  mutate: {
    needsFacts: (request, policies) =>
      isPodCreation(request) || (isEphemeralUpdate(request) && anyHardensEphemeral(policies())),
    review: mutate,
    told: (request, { report, plan }) => toldOfMutation(request, { report, plan }),
    undone: 'not hardened',
  },
  validate: {
    needsFacts: (request, policies) =>
      isWorkloadChange(request) || (isOfPod(request) && anyRefuses(policies())),
    review: validate,
    told: (request, { response }, known) => toldOfValidation(request, response, known),
    undone: 'not judged',
  },
};

function isOfPod(request: ReviewRequest): boolean {
  return isPodCreation(request) || isPodUpdate(request) || isEphemeralUpdate(request);
}

/** The answer to a pod that is none: the API server, which knows it to be none as well, is left to refuse it. */
export function answerToMisshapen({ undone }: EndpointRules, complaint: string): ReviewResponse {
  return {
    allowed: true,
    patch: [],
    warnings: warningLines([`${undone}: ${complaint}`]),
    auditAnnotations: { error: 'misshapen' },
  };
}

/** The answer where we failed: what was asked about is admitted as it is, and the person is told (law 7). */
export function answerToFailure({ undone }: EndpointRules): ReviewResponse {
  return {
    allowed: true,
    patch: [],
    warnings: [`podtemper: ${undone}, because of an error in podtemper itself; see its log`],
    auditAnnotations: { error: 'internal' },
  };
}
