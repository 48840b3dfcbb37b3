import { decodeReview } from '../admission/review.js';
import { ReviewService } from '../admission/service.js';
import { unknownNamespace } from '../kubernetes.js';
import { compilePolicies } from '../policy/policy.js';
import type { PreviewJob, PreviewOutcome } from './previewAnswer.js';

/** Neither logs nor counts: no pod waits for the answer. */
const nobody = {
  answered: () => undefined,
  judged: () => undefined,
  malformed: () => undefined,
  failed: () => undefined,
};

/** What the webhook would answer to the AdmissionReview in the body, for whoever debugs it: the service itself says.
 *  @throws ReviewError for what is no AdmissionReview */
export async function answerReview(job: PreviewJob): Promise<PreviewOutcome> {
  const { request, policies, defaultPolicy, mode, facts, today } = job;
  const { namespace } = decodeReview(request.body);
  if (facts !== undefined && !facts.has(namespace)) return { kind: 'lacking', namespaces: [namespace] };
  const compiled = compilePolicies(policies);
  const known = facts?.get(namespace) ?? unknownNamespace(namespace);
  const service = new ReviewService({
    policies: () => compiled,
    facts: facts && { get: () => known, fetch: () => Promise.resolve(known) },
    unlabelledMode: facts === undefined ? mode : undefined,
    defaultPolicy,
    now: () => Date.parse(today),
    observer: nobody,
  });
  const body = await service.answer(request.body);
  return { kind: 'rendered', rendered: { contentType: 'application/json', body: `${body}\n` } };
}
