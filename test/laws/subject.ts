import {
  ReviewService,
  type ReviewObserver,
  type ReviewServiceOptions,
} from '../../src/admission/service.js';
import { harden } from '../../src/hardening/harden.js';
import type { Report } from '../../src/hardening/report.js';
import type { NamespaceFacts, Pod } from '../../src/kubernetes.js';
import type { Plan } from '../../src/policy/plan.js';
import { preview, type Preview } from '../../src/preview/preview.js';
import { type Answer, readAnswer, reviewOf } from '../admission/reviews.js';
import { policiesOf, type Scenario, today } from './scenario.js';

export type Harden = (pod: Pod, plan: Plan, facts: NamespaceFacts) => Report;

/** All that an answer depends on, besides the pod. */
export type Known = Pick<Scenario, 'policy' | 'facts'>;

/** What is put to the test: src, or a copy of it of which one part is broken on purpose. */
export interface Subject {
  readonly harden: Harden;
  /** The webhook: one AdmissionReview in, one out. */
  readonly answer: (options: ReviewServiceOptions, body: string) => string | Promise<string>;
  /** A manifest in, under what the webhook knows. */
  readonly preview: (text: string, known: Known) => Preview;
}

/** src as it is. */
export const podtemper: Subject = {
  harden,
  answer: (options, body) => new ReviewService(options).answer(body),
  preview: previewOf,
};

const ignored = () => undefined;
const nobody: ReviewObserver = { answered: ignored, judged: ignored, malformed: ignored, failed: ignored };

function previewOf(text: string, { policy, facts }: Known): Preview {
  return preview(text, 'pod.yaml', {
    policies: policiesOf(policy),
    defaultPolicy: 'default',
    mode: 'enforce',
    facts: () => facts,
    today,
  });
}

/** A webhook that knows of the scenario's namespace what the scenario says. */
export function serviceOptions({ policy, facts }: Known): ReviewServiceOptions {
  return {
    policies: () => policiesOf(policy),
    facts: { get: () => facts, fetch: () => Promise.resolve(undefined) },
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: () => Date.parse(today),
    observer: nobody,
  };
}

/** The uid of each review of the laws. */
export const uid = 'a-law';

/** What the webhook answers where the scenario's pod is created.
 *  @throws ZodError where the API server would not take the answer */
export async function answerTo(
  { pod, facts }: Scenario,
  { answer }: Subject,
  options: ReviewServiceOptions,
): Promise<Answer> {
  return readAnswer(await answer(options, reviewOf(pod, { namespace: facts.name, uid })));
}
