import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Context } from '../../../src/controls/kit/context.js';
import type { Decision } from '../../../src/controls/kit/decision.js';
import type { Bound } from '../../../src/controls/kit/define.js';
import type { Report } from '../../../src/hardening/report.js';
import type { Container, Pod, PodSpec } from '../../../src/kubernetes.js';
import type { Plan, PlannedControl } from '../../../src/policy/plan.js';
import { type Harden, podtemper, type Subject } from '../subject.js';
import { apiProblems } from '../validity.js';

/** A fault planted on purpose, and what its law says when it finds it. */
export interface Fault {
  readonly name: string;
  readonly seen: RegExp;
  readonly subject: Subject;
}

/** podtemper with another engine. */
export function withHarden(harden: Harden): Subject {
  return { ...podtemper, harden };
}

/** The subject for pods that the API server accepts, and podtemper as it is for all others: a law that looks for refusals
 *  stops at the first thing it sees, and of a pod that is refused anyway that is something else. */
export function onAccepted(subject: Subject): Subject {
  return withHarden((pod, plan, facts) => {
    const { harden } = apiProblems(pod, facts).length === 0 ? subject : podtemper;
    return harden(pod, plan, facts);
  });
}

/** podtemper with other plans. */
export function withPlan(change: (plan: Plan) => Plan): Subject {
  return withHarden((pod, plan, facts) => podtemper.harden(pod, change(plan), facts));
}

/** podtemper with a change to each planned control. */
export function withControls(change: (control: PlannedControl) => PlannedControl): Subject {
  return withPlan((plan) => ({ ...plan, controls: plan.controls.map(change) }));
}

function withBound(id: string, change: (bound: Bound) => Bound): Subject {
  return withControls((control) =>
    control.id === id ? { ...control, bound: change(control.bound) } : control,
  );
}

/** podtemper with one control that decides otherwise about containers; it is told how it should decide. */
export function deciding(
  id: string,
  decide: (decision: Decision, container: Container, context: Context) => Decision,
): Subject {
  return withBound(id, (bound) => {
    if (bound.scope === 'pod') throw new RangeError(`${id} decides about pods`);
    const right = bound.decide;
    return {
      ...bound,
      decide: (container, context, survey) => decide(right(container, context, survey), container, context),
    };
  });
}

/** podtemper with one control that decides otherwise about pods. */
export function decidingOnPods(
  id: string,
  decide: (decision: Decision, spec: PodSpec, context: Context) => Decision,
): Subject {
  return withBound(id, (bound) => {
    if (bound.scope === 'container') throw new RangeError(`${id} decides about containers`);
    const right = bound.decide;
    return {
      ...bound,
      decide: (spec: PodSpec, context: Context) => decide(right(spec, context), spec, context),
    };
  });
}

/** podtemper with a report that says something else. */
export function withReport(change: (report: Report, pod: Pod) => Partial<Report>): Subject {
  return withHarden((pod, plan, facts) => {
    const report = podtemper.harden(pod, plan, facts);
    return { ...report, hardened: report.hardened, ...change(report, pod) };
  });
}

/** podtemper with another patch, and the pod to which that leads. */
export function withPatch(change: (patch: readonly Operation[], pod: Pod) => readonly Operation[]): Subject {
  return withReport((report, pod) => {
    const patch = change(report.patch, pod);
    const copyOf = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;
    return { patch, hardened: jsonPatch.applyPatch(copyOf(pod), copyOf(patch)).newDocument };
  });
}

/** The fields of an AdmissionReview's response. */
export type Response = Readonly<Record<string, unknown>>;

/** podtemper with a webhook that answers otherwise. */
export function withAnswer(change: (response: Response, hasFailed: boolean) => Response): Subject {
  return {
    ...podtemper,
    answer: async (options, body) => {
      let hasFailed = false;
      const { observer } = options;
      const watched = {
        answered: (...seen: Parameters<typeof observer.answered>) => observer.answered(...seen),
        judged: (...seen: Parameters<typeof observer.judged>) => observer.judged(...seen),
        malformed: (...seen: Parameters<typeof observer.malformed>) => observer.malformed(...seen),
        failed: (...seen: Parameters<typeof observer.failed>) => {
          hasFailed = true;
          observer.failed(...seen);
        },
      };
      const text = await podtemper.answer({ ...options, observer: watched }, body);
      const review = JSON.parse(text) as { readonly response: Response };
      return JSON.stringify({ ...review, response: change(review.response, hasFailed) });
    },
  };
}

/** The decision, where it is a skip for that reason, turned into another one. */
export function insteadOf(reason: string, other: Decision): (decision: Decision) => Decision {
  return (decision) => (decision.kind === 'skip' && decision.reason === reason ? other : decision);
}
