import { ReviewError } from '../errors.js';
import type { Report } from '../hardening/report.js';
import { type NamespaceFacts, type Pod, unknownNamespace } from '../kubernetes.js';
import { type NamespaceMode, type Plan, planNamespace, planPod } from '../policy/plan.js';
import type { Policy, PolicySet } from '../policy/policy.js';
import { answerToFailure, isPodCreation, mutate, type Reviewed } from './mutate.js';
import { decodeReview, encodeReview, type ReviewRequest } from './review.js';

/** Where facts about namespaces come from. */
export interface FactsSource {
  /** What is known at once. The same object is given until something changes. */
  get(namespace: string): NamespaceFacts | undefined;
  /** Asks the API server, within a short deadline. */
  fetch(namespace: string): Promise<NamespaceFacts | undefined>;
}

/** What is known of a review when it has been answered. */
export interface Observation {
  readonly uid: string;
  readonly namespace: string;
  /** Name, or generateName and a question mark for a pod that has none yet. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly durationMilliseconds: number;
}

/** Who is told what was answered. */
export interface ReviewObserver {
  answered(observation: Observation, report: Report | undefined): void;
  malformed(error: unknown, durationMilliseconds: number): void;
  failed(observation: Observation, error: unknown): void;
}

export interface ReviewServiceOptions {
  /** The policies in force, asked at each review. */
  readonly policies: () => PolicySet;
  /** Undefined without a cluster: then nothing is known of any namespace. */
  readonly facts: FactsSource | undefined;
  readonly unlabelledMode: NamespaceMode | undefined;
  readonly defaultPolicy: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly observer: ReviewObserver;
}

type NamespacePlan = Plan & { source: Policy };

/** Answers AdmissionReviews: decode, plan, harden, encode, observe. */
export class ReviewService {
  readonly #options: ReviewServiceOptions;
  /** Plans of namespaces whose facts and policies have not changed since. */
  readonly #plans = new WeakMap<NamespaceFacts, { policies: PolicySet; plan: NamespacePlan }>();
  readonly #noFacts = unknownNamespace('');

  constructor(options: ReviewServiceOptions) {
    this.#options = options;
  }

  /** The AdmissionReview that answers the one in `body`; a promise only where a namespace must be asked for.
   *  @throws ReviewError for what is no AdmissionReview; any other fault is answered */
  answer(body: string): string | Promise<string> {
    const start = performance.now();
    const request = this.#decode(body, start);
    const { facts } = this.#options;
    if (facts === undefined || !isPodCreation(request)) return this.#review(request, this.#noFacts, start);
    const known = facts.get(request.namespace);
    if (known !== undefined) return this.#review(request, known, start);
    return this.#reviewUnknownNamespace(request, facts, start);
  }

  async #reviewUnknownNamespace(request: ReviewRequest, facts: FactsSource, start: number): Promise<string> {
    const fetched = await facts.fetch(request.namespace).catch(() => undefined);
    if (fetched !== undefined) return this.#review(request, fetched, start);
    const error = new Error(`nothing could be learnt of namespace ${request.namespace} within the deadline`);
    return this.#fail(request, error, start);
  }

  #decode(body: string, start: number): ReviewRequest {
    try {
      return decodeReview(body);
    } catch (error) {
      if (error instanceof ReviewError) this.#options.observer.malformed(error, performance.now() - start);
      throw error;
    }
  }

  #review(request: ReviewRequest, facts: NamespaceFacts, start: number): string {
    let reviewed: Reviewed;
    let answer: string;
    try {
      reviewed = mutate(request, facts, this.#planFor);
      answer = encodeReview(request.uid, reviewed.response);
    } catch (error) {
      return this.#fail(request, error, start);
    }
    this.#options.observer.answered(observe(request, start), reviewed.report);
    return answer;
  }

  #fail(request: ReviewRequest, error: unknown, start: number): string {
    this.#options.observer.failed(observe(request, start), error);
    return encodeReview(request.uid, answerToFailure());
  }

  readonly #planFor = (pod: Pod, facts: NamespaceFacts): Plan => {
    const policies = this.#options.policies();
    let planned = this.#plans.get(facts);
    if (planned?.policies !== policies) {
      const { unlabelledMode, defaultPolicy } = this.#options;
      planned = { policies, plan: planNamespace({ policies, facts, unlabelledMode, defaultPolicy }) };
      this.#plans.set(facts, planned);
    }
    return planPod(planned.plan, pod.metadata, facts, this.#today());
  };

  #day = -1;
  #date = '';

  /** The UTC date, written out once a day. */
  #today(): string {
    const now = this.#options.now();
    const day = Math.floor(now / 86_400_000);
    if (day !== this.#day) [this.#day, this.#date] = [day, new Date(now).toISOString().slice(0, 10)];
    return this.#date;
  }
}

function observe(request: ReviewRequest, start: number): Observation {
  const { uid, namespace, dryRun } = request;
  const durationMilliseconds = performance.now() - start;
  return {
    uid,
    namespace,
    dryRun,
    durationMilliseconds,
    name: request.name || generatedName(request.object),
  };
}

function generatedName(object: unknown): string {
  const name = (object as Pod | undefined)?.metadata?.generateName;
  return typeof name === 'string' ? `${name}?` : '';
}
