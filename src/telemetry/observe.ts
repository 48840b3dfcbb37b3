import type { Observation, ReviewObserver } from '../admission/service.js';
import type { Report } from '../hardening/report.js';
import type { Log, LogFields } from './log.js';
import { errorFields } from './log.js';
import type { Metrics, ReviewOutcome } from './metrics.js';

/** Lines about changed pods that are written in a second; the next one tells how many were left out. */
const maxLinesPerSecond = 50;

/** Counts and logs what was answered. Knows controls by the report only. */
export class Observer implements ReviewObserver {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #now: () => number;
  #second = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(log: Log, metrics: Metrics, now: () => number = Date.now) {
    this.#log = log;
    this.#metrics = metrics;
    this.#now = now;
  }

  /** A review that was decided. Without a report it was none of ours. */
  answered(observation: Observation, report: Report | undefined): void {
    const outcome = outcomeOf(report);
    this.#metrics.countReview(outcome, observation.durationMilliseconds / 1000);
    if (report === undefined) return;
    this.#countDecisions(report);
    for (const { code } of report.notices) this.#metrics.countNotice(code);
    if (outcome === 'patched' || report.notices.length > 0) this.#logReview(observation, report, outcome);
  }

  /** A body that is no AdmissionReview. */
  malformed(error: unknown, durationMilliseconds: number): void {
    this.#metrics.countReview('malformed', durationMilliseconds / 1000);
    this.#log.warn('malformed review', { component: 'admission', ...errorFields(error) });
  }

  /** A fault of ours: the pod was admitted as it is. */
  failed(observation: Observation, error: unknown): void {
    this.#metrics.countReview('failed', observation.durationMilliseconds / 1000);
    this.#log.error('review failed, pod admitted unchanged', {
      ...fieldsOf(observation),
      ...errorFields(error),
    });
  }

  #countDecisions({ findings }: Report): void {
    for (const { control, mode, decision } of findings) {
      if (decision.kind === 'skip') this.#metrics.countSkip(control, decision.reason);
      else if (decision.kind === 'keep') this.#metrics.countDecision(control, 'keep');
      else this.#metrics.countDecision(control, mode === 'enforce' ? 'change' : 'wouldChange');
    }
  }

  #logReview(observation: Observation, report: Report, outcome: ReviewOutcome): void {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) [this.#second, this.#lines] = [second, 0];
    if (this.#lines >= maxLinesPerSecond) {
      this.#leftOut++;
      return;
    }
    this.#lines++;
    const skips = report.findings.flatMap(({ control, target, decision }) =>
      decision.kind === 'skip' && decision.reason !== 'notNeeded'
        ? [`${target} ${control} ${decision.reason}`]
        : [],
    );
    this.#log.info('pod reviewed', {
      ...fieldsOf(observation),
      outcome,
      policy: report.policy,
      mode: report.mode,
      changes: report.patch.length,
      controls: report.changed,
      ...(skips.length > 0 && { skips }),
      ...(report.notices.length > 0 && { notices: report.notices.map(({ text }) => text) }),
      ...(this.#leftOut > 0 && { linesLeftOut: this.#leftOut }),
    });
    this.#leftOut = 0;
  }
}

function fieldsOf({ uid, namespace, name, dryRun, durationMilliseconds }: Observation): LogFields {
  return {
    component: 'admission',
    uid,
    namespace,
    name,
    dryRun,
    durationMs: Math.round(durationMilliseconds * 1000) / 1000,
  };
}

function outcomeOf(report: Report | undefined): ReviewOutcome {
  if (report === undefined) return 'ignored';
  if (report.exemption !== undefined) return 'exempt';
  return report.patch.length > 0 ? 'patched' : 'unchanged';
}
