import { annotationKeys, labelKeys } from '../../kubernetes.js';
import { remainingOf } from '../../outputs/standing.js';
import { isNewsOfImage, titleOf } from '../../outputs/targets.js';
import { nameOf, summarize } from '../../outputs/text.js';
import type { Preview, PreviewItem } from '../../preview/preview.js';
import { spellVersion } from '../../standards/version.js';
import { type AdviceView, viewAdvice } from './advice.js';
import { type ChecklistView, viewChecklist } from './checklist.js';
import { type DecisionView, viewDecisions } from './decisions.js';
import { Destination } from './destination.js';

/** One object of the manifests, as the page shows it. */
export interface ObjectView {
  /** `Deployment shop/web`. */
  readonly title: string;
  /** `2 containers, 7 controls change it`, or why it is left as it is. */
  readonly outcome: string;
  /** Policy and mode; undefined where the object passes through. */
  readonly under: string | undefined;
  readonly standing: StandingView | undefined;
  /** What is likely to break. */
  readonly advice: readonly AdviceView[];
  readonly decisions: readonly DecisionView[];
  /** Controls that have nothing to do. */
  readonly quiet: readonly string[];
  /** What a person should know besides. */
  readonly notices: readonly string[];
  /** Where an opt-out is written, and how. */
  readonly optOut: string | undefined;
  /** Where a guide was asked for. */
  readonly checklist: ChecklistView | undefined;
}

/** Where it stands in the Pod Security Standards. */
export interface StandingView {
  readonly version: string;
  readonly before: string;
  readonly after: string;
  /** What still stands between it and `restricted`: where, and what to do by whom. */
  readonly remaining: readonly { readonly places: string; readonly remedy: string }[];
}

/** The objects of a preview. `hardened` is the text in which their additions can be found. */
export function viewObjects({ documents }: Preview, hardened: string): ObjectView[] {
  const destination = new Destination(hardened);
  return documents.flatMap(({ items }, index) =>
    items.map((item) => viewObject(item, (path) => destination.lineOf(index, item, path))),
  );
}

function viewObject(item: PreviewItem, lineOf: (path: readonly (string | number)[]) => number): ObjectView {
  const { report, note, standing } = item;
  const checklist = viewChecklist(item, lineOf);
  const base = { title: nameOf(item), notices: noticesOf(item), advice: viewAdvice(item), checklist };
  if (report === undefined || note !== undefined) {
    const nothing = { under: undefined, decisions: [], quiet: [], optOut: undefined };
    return { ...base, ...nothing, outcome: note ?? '', standing: standing && viewStanding(item) };
  }
  const { decisions, quiet } = viewDecisions(item, lineOf);
  return {
    ...base,
    outcome: summarize(item),
    under: `policy ${report.policy}, mode ${report.mode}`,
    standing: viewStanding(item),
    decisions,
    quiet,
    optOut: `${annotationKeys.optOut}: all`,
  };
}

function viewStanding(item: PreviewItem): StandingView | undefined {
  if (item.standing === undefined) return undefined;
  const { version, before, after } = item.standing;
  return { version: spellVersion(version), before, after, remaining: remainingOf(item) };
}

function noticesOf(item: PreviewItem): string[] {
  const { report, standing, assumedNamespace, systemNamespace } = item;
  const notices = report?.notices.map(({ text }) => text) ?? [];
  const missed = standing?.missed;
  if (missed !== undefined)
    notices.push(`Its namespace demands ${missed}: the API server refuses such pods.`);
  if (systemNamespace !== undefined) {
    notices.push(
      `The webhook as installed is not called in ${systemNamespace}, and never refuses a pod there.`,
    );
  } else if (assumedNamespace !== undefined && report !== undefined) {
    notices.push(
      `Namespace ${assumedNamespace} is taken to have the label ${labelKeys.mode}: ${report.mode}; without it, the webhook leaves its pods alone.`,
    );
  }
  return notices.concat(imageNotices(item));
}

/** What to know besides of images that are known. */
function imageNotices({ report, knownImages }: PreviewItem): string[] {
  const targets = new Map<string, string[]>();
  for (const [target, { repository, facts }] of knownImages) {
    const isNews = report?.findings.some((each) => each.target === target && isNewsOfImage(each)) === true;
    if (facts.advice === undefined || !isNews) continue;
    const text = `${repository}: ${facts.advice}`;
    targets.set(text, [...(targets.get(text) ?? []), target]);
  }
  return [...targets].map(([text, own]) => `${titleOf(own)}, known image ${text}`);
}
