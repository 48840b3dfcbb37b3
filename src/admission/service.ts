import { ReviewError } from '../errors.js';
import type { Report } from '../hardening/report.js';
import { type NamespaceFacts, type Pod, unknownNamespace } from '../kubernetes.js';
import { type NamespaceMode, type Plan, planNamespace, planPod } from '../policy/plan.js';
import type { Policy, PolicySet } from '../policy/policy.js';
import { podFault } from '../podShape.js';
import { complaintOf } from '../shape.js';
import { answerToFailure, answerToMisshapen, type Endpoint, endpoints, type Outcome } from './endpoints.js';
import { type EventSink, isBarePod } from './events.js';
import { isEphemeralUpdate, isPodCreation, isPodUpdate } from './pods.js';
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
  readonly endpoint: Endpoint;
  readonly uid: string;
  readonly namespace: string;
  /** Empty where the pod itself is created. */
  readonly subResource: string;
  /** Name, or generateName and a question mark for a pod that has none yet. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly durationMilliseconds: number;
}

/** Who is told what was answered. */
export interface ReviewObserver {
  /** Of a mutating review; without a report it was none of ours. */
  answered(observation: Observation, report: Report | undefined): void;
  /** Of a validating one; by these controls it was refused, or by none. */
  judged(observation: Observation, refusedBy: readonly string[]): void;
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
  /** Where Events go; undefined where none are written. */
  readonly events?: EventSink | undefined;
}

/** A request on its way to an answer, and since when; in milliseconds. */
interface Asked {
  readonly request: ReviewRequest;
  readonly endpoint: Endpoint;
  readonly start: number;
}

/** Bytes of a review from which on its shape is looked at first: a text where a mapping should be has a key for each of
 *  its characters, and those of a long one take more memory than there is. */
const maxUnchecked = 256 * 1024;

type NamespacePlan = Plan & { source: Policy };

/** Answers AdmissionReviews: decode, plan, harden or judge, encode, observe. */
export class ReviewService {
  readonly #options: ReviewServiceOptions;
  /** Plans of namespaces whose facts and policies have not changed since. */
  readonly #plans = new WeakMap<NamespaceFacts, { policies: PolicySet; plan: NamespacePlan }>();
  readonly #noFacts = unknownNamespace('');

  constructor(options: ReviewServiceOptions) {
    this.#options = options;
  }

  /** The AdmissionReview that answers the one in `body`, in ASCII; a promise only where a namespace must be asked for.
   *  @throws ReviewError for what is no AdmissionReview; any other fault is answered */
  answer(body: string, endpoint: Endpoint = 'mutate'): string | Promise<string> {
    const start = performance.now();
    const request = this.#decode(body, start);
    const asked: Asked = { request, endpoint, start };
    const { facts } = this.#options;
    try {
      if (facts === undefined || !this.#needsFacts(asked)) return this.#review(asked, this.#noFacts);
      const known = facts.get(request.namespace);
      if (known !== undefined) return this.#review(asked, known);
    } catch (error) {
      return this.#fail(asked, error);
    }
    return this.#reviewUnknownNamespace(asked, facts);
  }

  #needsFacts({ request, endpoint }: Asked): boolean {
    const { policies, events } = this.#options;
    return endpoints[endpoint].needsFacts(request, policies) || (events !== undefined && isBarePod(request));
  }

  async #reviewUnknownNamespace(asked: Asked, facts: FactsSource): Promise<string> {
    const { namespace } = asked.request;
    try {
      const fetched = await facts.fetch(namespace);
      if (fetched !== undefined) return this.#review(asked, fetched);
      throw new Error(`nothing could be learnt of namespace ${namespace} within the deadline`);
    } catch (error) {
      return this.#fail(asked, error);
    }
  }

  #decode(body: string, start: number): ReviewRequest {
    try {
      return decodeReview(body);
    } catch (error) {
      if (error instanceof ReviewError) this.#options.observer.malformed(error, performance.now() - start);
      throw error;
    }
  }

  #review(asked: Asked, facts: NamespaceFacts): string {
    const { request, endpoint } = asked;
    try {
      const misshapen = request.bytes > maxUnchecked ? this.#answerToMisshapen(asked) : undefined;
      if (misshapen !== undefined) return misshapen;
      const outcome = endpoints[endpoint].review(request, facts, this.#planFor);
      const { response, report, refusedBy = [] } = outcome;
      const answer = encodeReview(request.uid, response);
      const { observer } = this.#options;
      if (endpoint === 'mutate') observer.answered(observe(asked), report);
      else observer.judged(observe(asked), refusedBy);
      this.#tellByEvent(asked, outcome, facts);
      return answer;
    } catch (error) {
      return this.#answerToMisshapen(asked) ?? this.#fail(asked, error);
    }
  }

  /** A dry run is to have no effects (sideEffects NoneOnDryRun). */
  #tellByEvent({ request, endpoint }: Asked, outcome: Outcome, facts: NamespaceFacts): void {
    const { events } = this.#options;
    if (events === undefined || request.dryRun) return;
    const told = endpoints[endpoint].told(request, outcome, { facts, planFor: this.#planFor });
    if (told !== undefined) events.record(request.namespace, told);
  }

  /** The answer where the pod itself is why it could not be looked at. Only then, and where it is large, is its shape
   *  looked at: the API server sends none but well-formed pods (docs/decisions/0009). */
  #answerToMisshapen({ request, endpoint, start }: Asked): string | undefined {
    const isUpdate = isEphemeralUpdate(request) || isPodUpdate(request);
    if (!isPodCreation(request) && !isUpdate) return undefined;
    const fault = podFault(request.object) ?? (isUpdate ? podFault(request.oldObject) : undefined);
    if (fault === undefined) return undefined;
    const error = new ReviewError(complaintOf(fault, 'pod'));
    this.#tell((observer) => observer.malformed(error, performance.now() - start));
    return encodeReview(request.uid, answerToMisshapen(endpoints[endpoint], error.message));
  }

  #fail(asked: Asked, error: unknown): string {
    this.#tell((observer) => observer.failed(observe(asked), error));
    return encodeReview(asked.request.uid, answerToFailure(endpoints[asked.endpoint]));
  }

  /** Should that fail too, the answer itself says that something went wrong; it must not be lost. */
  #tell(tell: (observer: ReviewObserver) => void): void {
    try {
      tell(this.#options.observer);
    } catch {
      // Nobody is left to be told.
    }
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

function observe({ request, endpoint, start }: Asked): Observation {
  const { uid, namespace, subResource, dryRun } = request;
  const durationMilliseconds = performance.now() - start;
  return {
    endpoint,
    uid,
    namespace,
    subResource,
    dryRun,
    durationMilliseconds,
    name: request.name || generatedName(request.object),
  };
}

function generatedName(object: unknown): string {
  const name = (object as Pod | undefined)?.metadata?.generateName;
  return typeof name === 'string' ? `${name}?` : '';
}
