import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a review can come to. */
export const reviewOutcomes = [
  'patched',
  'unchanged',
  'exempt',
  'ignored',
  'allowed',
  'refused',
  'malformed',
  'failed',
  'overload',
] as const;
export type ReviewOutcome = (typeof reviewOutcomes)[number];

/** What the catalogue says of one control: all that metrics need of it. */
export interface ControlLabels {
  readonly id: string;
  readonly skips: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Decisions of one control, counted by kind and reason. */
interface Tally {
  change: number;
  wouldChange: number;
  keep: number;
  readonly skip: Record<string, number>;
  /** What was found, field by field. */
  readonly flag: Record<string, number>;
}

/** The process's metrics: plain counting on the admission path, turned into text when scraped. */
export class Metrics {
  readonly registry = new Registry();
  readonly policyReloads: Counter<'result'>;
  /** 0 or 1: a counter that goes up once says for a while only that something is wrong. */
  readonly policyFault = gaugeOf(
    this.registry,
    'podtemper_policy_fault',
    'Whether the policies as they are now could not be loaded, so that the last good ones are in force.',
  );
  readonly certificateReloads: Counter<'result'>;
  readonly certificateStart = gaugeOf(
    this.registry,
    'podtemper_certificate_start_timestamp_seconds',
    'When the serving certificate began, as Unix time.',
  );
  readonly certificateExpiry = gaugeOf(
    this.registry,
    'podtemper_certificate_expiry_timestamp_seconds',
    'When the serving certificate ends, as Unix time.',
  );
  readonly refusedCallers = counterOf(
    this.registry,
    'podtemper_refused_callers_total',
    'Reviews refused unread, since --client-ca does not vouch for whoever sent them.',
  );
  readonly optedOutPods = counterOf(
    this.registry,
    'podtemper_opted_out_pods_total',
    'Pods answered with an opt-out that counts, of one control at least.',
  );
  readonly #reviews: Record<ReviewOutcome, number> = {
    patched: 0,
    unchanged: 0,
    exempt: 0,
    ignored: 0,
    allowed: 0,
    refused: 0,
    malformed: 0,
    failed: 0,
    overload: 0,
  };
  readonly #decisions = new Map<string, Tally>();
  /** By control, of those that can refuse. */
  readonly #refusals = new Map<string, number>([['requireHardened', 0]]);
  readonly #notices: Map<string, number>;
  readonly #duration: Histogram;

  constructor(
    controls: Iterable<ControlLabels>,
    engineReasons: readonly string[],
    noticeCodes: readonly string[],
    version: string,
  ) {
    this.#notices = new Map(noticeCodes.map((code) => [code, 0]));
    for (const { id, skips, flags } of controls) {
      if (Object.keys(flags).length > 0) this.#refusals.set(id, 0);
      const skip = zeroes([...Object.keys(skips), ...engineReasons]);
      this.#decisions.set(id, { change: 0, wouldChange: 0, keep: 0, skip, flag: zeroes(Object.keys(flags)) });
    }
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const buildInfo = new Gauge({
      name: 'podtemper_build_info',
      help: 'Always 1.',
      labelNames: ['version'],
      registers,
    });
    buildInfo.set({ version }, 1);
    this.registry.registerMetric(this.#reviewCounter());
    this.registry.registerMetric(this.#decisionCounter());
    this.registry.registerMetric(this.#noticeCounter());
    this.registry.registerMetric(this.#refusalCounter());
    this.#duration = new Histogram({
      name: 'podtemper_review_duration_seconds',
      help: 'Time from the whole body to the answer.',
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1],
      registers,
    });
    const results = { labelNames: ['result'] as const, registers };
    this.policyReloads = new Counter({
      name: 'podtemper_policy_reloads_total',
      help: 'Policy reloads.',
      ...results,
    });
    this.certificateReloads = new Counter({
      name: 'podtemper_certificate_reloads_total',
      help: 'Reloads of the serving certificate.',
      ...results,
    });
    for (const counter of [this.policyReloads, this.certificateReloads]) {
      for (const result of ['ok', 'failed']) counter.inc({ result }, 0);
    }
  }

  countReview(outcome: ReviewOutcome, seconds: number): void {
    this.#reviews[outcome]++;
    this.#duration.observe(seconds);
  }

  /** Reviews that were not worked on, and so have no duration. */
  countOverload(reviews: number): void {
    this.#reviews.overload += reviews;
  }

  countDecision(control: string, kind: 'change' | 'wouldChange' | 'keep'): void {
    const tally = this.#decisions.get(control);
    if (tally === undefined) throw new RangeError(`no control is called ${control}`);
    tally[kind]++;
  }

  countSkip(control: string, reason: string): void {
    const skip = this.#decisions.get(control)?.skip;
    if (skip?.[reason] === undefined) throw new RangeError(`${control} declares no reason ${reason}`);
    skip[reason]++;
  }

  countFlag(control: string, code: string): void {
    const flag = this.#decisions.get(control)?.flag;
    if (flag?.[code] === undefined) throw new RangeError(`${control} declares no finding ${code}`);
    flag[code]++;
  }

  countRefusal(control: string): void {
    const count = this.#refusals.get(control);
    if (count === undefined) throw new RangeError(`${control} refuses nothing`);
    this.#refusals.set(control, count + 1);
  }

  countNotice(code: string): void {
    const count = this.#notices.get(code);
    if (count === undefined) throw new RangeError(`no notice has the code ${code}`);
    this.#notices.set(code, count + 1);
  }

  #reviewCounter(): Counter {
    const reviews = this.#reviews;
    return new Counter({
      name: 'podtemper_reviews_total',
      help: 'Admission reviews answered.',
      labelNames: ['outcome'],
      registers: [],
      collect() {
        this.reset();
        for (const outcome of reviewOutcomes) this.inc({ outcome }, reviews[outcome]);
      },
    });
  }

  #decisionCounter(): Counter {
    const decisions = this.#decisions;
    return new Counter({
      name: 'podtemper_decisions_total',
      help: 'Decisions, one for each control and each container or pod it looked at; of flags, one for each field.',
      labelNames: ['control', 'decision', 'reason'],
      registers: [],
      collect() {
        this.reset();
        for (const [control, { change, wouldChange, keep, skip, flag }] of decisions) {
          this.inc({ control, decision: 'change', reason: '' }, change);
          this.inc({ control, decision: 'would_change', reason: '' }, wouldChange);
          this.inc({ control, decision: 'keep', reason: '' }, keep);
          for (const [reason, count] of Object.entries(skip))
            this.inc({ control, decision: 'skip', reason }, count);
          for (const [reason, count] of Object.entries(flag))
            this.inc({ control, decision: 'flag', reason }, count);
        }
      },
    });
  }

  #refusalCounter(): Counter {
    const refusals = this.#refusals;
    return new Counter({
      name: 'podtemper_refusals_total',
      help: 'Pods refused, once for each control that denies them; requireHardened for those that were not hardened.',
      labelNames: ['control'],
      registers: [],
      collect() {
        this.reset();
        for (const [control, count] of refusals) this.inc({ control }, count);
      },
    });
  }

  #noticeCounter(): Counter {
    const notices = this.#notices;
    return new Counter({
      name: 'podtemper_notices_total',
      help: 'Labels and annotations that could not be honoured, by what was wrong.',
      labelNames: ['code'],
      registers: [],
      collect() {
        this.reset();
        for (const [code, count] of notices) this.inc({ code }, count);
      },
    });
  }
}

function counterOf(registry: Registry, name: string, help: string): Counter {
  return new Counter({ name, help, registers: [registry] });
}

function gaugeOf(registry: Registry, name: string, help: string): Gauge {
  return new Gauge({ name, help, registers: [registry] });
}

function zeroes(reasons: readonly string[]): Record<string, number> {
  return Object.fromEntries(reasons.map((reason) => [reason, 0]));
}
