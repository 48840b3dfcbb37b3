import type { Observation, ReviewObserver } from '../admission/service.js';
import { InputError } from '../errors.js';
import type { Finding, Report } from '../hardening/report.js';
import type { Log, LogFields } from './log.js';
import { errorFields } from './log.js';
import type { Metrics, ReviewOutcome } from './metrics.js';

/** Lines of one kind that are written in a second; the next one tells how many were left out. */
const maxLinesPerSecond = 50;

/** Keeps a kind of line, which others cause, from filling the log. */
class LineBudget {
  readonly #now: () => number;
  #second = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Fields for one more line; undefined where it is to be left out. */
  take(): LogFields | undefined {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) [this.#second, this.#lines] = [second, 0];
    if (this.#lines >= maxLinesPerSecond) {
      this.#leftOut++;
      return undefined;
    }
    this.#lines++;
    const linesLeftOut = this.#leftOut;
    this.#leftOut = 0;
    return linesLeftOut > 0 ? { linesLeftOut } : {};
  }
}

/** Counts and logs what was answered. Knows controls by the report only. */
export class Observer implements ReviewObserver {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #reviewLines: LineBudget;
  readonly #refusalLines: LineBudget;
  readonly #malformedLines: LineBudget;
  readonly #overloadLines: LineBudget;
  readonly #strangerLines: LineBudget;

  constructor(log: Log, metrics: Metrics, now: () => number = Date.now) {
    this.#log = log;
    this.#metrics = metrics;
    this.#reviewLines = new LineBudget(now);
    this.#refusalLines = new LineBudget(now);
    this.#malformedLines = new LineBudget(now);
    this.#overloadLines = new LineBudget(now);
    this.#strangerLines = new LineBudget(now);
  }

  /** A review that was decided. Without a report it was none of ours. */
  answered(observation: Observation, report: Report | undefined): void {
    const outcome = outcomeOf(report);
    this.#metrics.countReview(outcome, observation.durationMilliseconds / 1000);
    if (report === undefined) return;
    const isFlagged = this.#countDecisions(report);
    for (const { code } of report.notices) this.#metrics.countNotice(code);
    if (outcome === 'patched' || report.notices.length > 0 || isFlagged)
      this.#logReview(observation, report, outcome);
  }

  /** A pod that was judged as every webhook has left it: refused by these controls, or by none. */
  judged(observation: Observation, refusedBy: readonly string[]): void {
    const isRefused = refusedBy.length > 0;
    this.#metrics.countReview(isRefused ? 'refused' : 'allowed', observation.durationMilliseconds / 1000);
    if (!isRefused) return;
    for (const control of refusedBy) this.#metrics.countRefusal(control);
    const budget = this.#refusalLines.take();
    if (budget === undefined) return;
    this.#log.info('pod refused', { ...fieldsOf(observation), refusedBy, ...budget });
  }

  /** A body that is no AdmissionReview. */
  malformed(error: unknown, durationMilliseconds: number): void {
    this.#metrics.countReview('malformed', durationMilliseconds / 1000);
    const budget = this.#malformedLines.take();
    if (budget === undefined) return;
    this.#log.warn('malformed review', { component: 'admission', ...faultFields(error), ...budget });
  }

  /** A fault of ours: the pod was admitted as it is. */
  failed(observation: Observation, error: unknown): void {
    this.#metrics.countReview('failed', observation.durationMilliseconds / 1000);
    this.#log.error('review failed, pod admitted unchanged', {
      ...fieldsOf(observation),
      ...errorFields(error),
    });
  }

  /** Reviews for which there was no time or no memory. */
  overloaded(reviews: number): void {
    this.#metrics.countOverload(reviews);
    const budget = this.#overloadLines.take();
    if (budget === undefined) return;
    const advice = 'run more replicas';
    this.#log.warn('overload, reviews refused', { component: 'admission', reviews, advice, ...budget });
  }

  /** A caller that may not send reviews. */
  strangerRefused(refusal: Error): void {
    this.#metrics.refusedCallers.inc();
    const budget = this.#strangerLines.take();
    if (budget === undefined) return;
    this.#log.warn('caller refused', { component: 'admission', ...errorFields(refusal), ...budget });
  }

  /** In one go, since it is done for each review.
   *  @returns whether anything was found that no patch can mend */
  #countDecisions({ findings }: Report): boolean {
    const metrics = this.#metrics;
    let isOptedOut = false;
    let isFlagged = false;
    for (const { control, mode, decision } of findings) {
      const { kind } = decision;
      if (kind === 'change') metrics.countDecision(control, mode === 'enforce' ? 'change' : 'wouldChange');
      else if (kind === 'keep') metrics.countDecision(control, 'keep');
      else if (kind === 'skip') {
        metrics.countSkip(control, decision.reason);
        if (decision.reason === 'optedOut') isOptedOut = true;
      } else {
        for (const { code } of decision.flags) metrics.countFlag(control, code);
        isFlagged = true;
      }
    }
    if (isOptedOut) metrics.optedOutPods.inc();
    return isFlagged;
  }

  #logReview(observation: Observation, report: Report, outcome: ReviewOutcome): void {
    const budget = this.#reviewLines.take();
    if (budget === undefined) return;
    const skips = report.findings.flatMap(describeSkips);
    const flags = report.findings.flatMap(describeFlags);
    this.#log.info('pod reviewed', {
      ...fieldsOf(observation),
      outcome,
      policy: report.policy,
      mode: report.mode,
      changes: report.patch.length,
      controls: report.changed,
      ...(flags.length > 0 && { flags }),
      ...(skips.length > 0 && { skips }),
      ...(report.notices.length > 0 && { notices: report.notices.map(({ text }) => text) }),
      ...budget,
    });
  }
}

/** Where a body has not the shape that was expected. What stands there instead may be a secret, such as an environment
 *  value: whoever sent it is told, the log is not. */
function faultFields(error: unknown): LogFields {
  if (!(error instanceof InputError)) return errorFields(error);
  const { where, expected, found } = error.complaint;
  return { error: `${where}: expected ${expected}, found ${kindOf(found)}`, code: error.code };
}

function kindOf(found: string): string {
  if (found.startsWith('"')) return 'a text';
  return /^-?\d/.test(found) ? 'a number' : found;
}

/** What a control did not do, and the code of why: as a whole, or a part of it. */
function describeSkips({ control, target, decision }: Finding): string[] {
  if (decision.kind === 'keep' || decision.kind === 'flag') return [];
  if (decision.kind === 'change') {
    return decision.leftOut?.map(({ part, reason }) => `${target} ${control}.${part} ${reason}`) ?? [];
  }
  return decision.reason === 'notNeeded' ? [] : [`${target} ${control} ${decision.reason}`];
}

/** What was found that no patch can mend, field by field, and its code. */
function describeFlags({ control, decision }: Finding): string[] {
  if (decision.kind !== 'flag') return [];
  return decision.flags.map(({ field, code }) => `${control} ${field} ${code}`);
}

function fieldsOf(observation: Observation): LogFields {
  const { endpoint, uid, namespace, subResource, name, dryRun, durationMilliseconds } = observation;
  return {
    component: 'admission',
    ...(endpoint !== 'mutate' && { endpoint }),
    uid,
    namespace,
    name,
    ...(subResource !== '' && { subResource }),
    dryRun,
    durationMs: Math.round(durationMilliseconds * 1000) / 1000,
  };
}

function outcomeOf(report: Report | undefined): ReviewOutcome {
  if (report === undefined) return 'ignored';
  if (report.exemption !== undefined) return 'exempt';
  return report.patch.length > 0 ? 'patched' : 'unchanged';
}
