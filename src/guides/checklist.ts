import type { Report } from '../hardening/report.js';
import type { Pod } from '../kubernetes.js';
import { obstaclesOf, type Outcome, outcomeOf } from './answers.js';
import type { Guide, GuideItem, JudgedItem, Place, Surroundings } from './guide.js';

/** A guide's items as one workload answers them. */
export interface Checklist {
  readonly guide: Guide;
  readonly rows: readonly Row[];
}

/** `satisfied` as the workload is written, `hardened` once it is hardened, `open` all the same; `outside` is what no
 *  pod answers. */
export const verdicts = ['satisfied', 'hardened', 'open', 'outside'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Row {
  readonly item: GuideItem;
  readonly verdict: Verdict;
  /** What hardening adds, or what is open. */
  readonly places: readonly Place[];
}

/** Goes through a guide with one pod. It judges by what the guide asks, not by the policy: what a policy leaves out, or a
 *  pod opted out of, is open. */
export function checklistOf(guide: Guide, pod: Pod, report: Report, surroundings: Surroundings): Checklist {
  const outcome = outcomeOf(report);
  return { guide, rows: guide.items.map((item) => rowOf(item, pod, outcome, surroundings)) };
}

function rowOf(item: GuideItem, pod: Pod, outcome: Outcome, surroundings: Surroundings): Row {
  if ('outside' in item) return { item, verdict: 'outside', places: [] };
  const open = placesOf(item, outcome.report.hardened, outcome, surroundings);
  if (open.length > 0) return { item, verdict: 'open', places: open };
  const before = placesOf(item, pod, outcome, surroundings);
  if (before.length === 0) return { item, verdict: 'satisfied', places: [] };
  return { item, verdict: 'hardened', places: before.map(({ reason: _, ...place }) => place) };
}

function placesOf(
  { controls = [], question }: JudgedItem,
  pod: Pod,
  outcome: Outcome,
  surroundings: Surroundings,
): readonly Place[] {
  const found = controls.flatMap((mapping) => obstaclesOf(mapping, pod, outcome));
  return question === undefined ? found : [...found, ...question(pod, surroundings)];
}
