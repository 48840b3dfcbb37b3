import { labelKeys, type NamespaceFacts, unknownNamespace } from '../kubernetes.js';
import { controlIds } from './catalogue.js';
import type { NoticeCode } from './notices.js';
import { readGrant } from './optOut.js';
import { type NamespaceMode, type Plan, planNamespace, type PlanInput } from './plan.js';

type Labels = NamespaceFacts['labels'];

/** What the labels of all namespaces come to, counted. */
export interface NamespaceCensus {
  /** By the mode in force; `none` has not opted in. */
  readonly modes: Record<NamespaceMode | 'none', number>;
  /** Those that opted in, by the controls that their pods may opt out of. */
  readonly grants: Record<'allowed' | 'some' | 'denied', number>;
  /** Those that opted in with a label that means nothing, by the notice that their pods get. */
  readonly ignoredLabels: Record<LabelNotice, number>;
}
type LabelNotice = Extract<NoticeCode, 'unknownMode' | 'unknownPolicy' | 'unknownGrant'>;

/** Counts namespaces by what their labels mean under the policies. */
export function countNamespaces(
  namespaces: Iterable<Labels>,
  rules: Omit<PlanInput, 'facts'>,
): NamespaceCensus {
  const census: NamespaceCensus = {
    modes: { enforce: 0, warn: 0, audit: 0, none: 0 },
    grants: { allowed: 0, some: 0, denied: 0 },
    ignoredLabels: { unknownMode: 0, unknownPolicy: 0, unknownGrant: 0 },
  };
  // Of many namespaces most say the same.
  const standings = new Map<string, Standing>();
  for (const labels of namespaces) {
    const key = JSON.stringify(meaningful.map((name) => labels[name] ?? null));
    const standing = standings.get(key) ?? standingOf(labels, rules);
    standings.set(key, standing);
    census.modes[standing.mode]++;
    if (standing.mode === 'none') continue;
    census.grants[standing.grant]++;
    for (const code of standing.ignored) census.ignoredLabels[code]++;
  }
  return census;
}

const meaningful = Object.values(labelKeys);

interface Standing {
  readonly mode: keyof NamespaceCensus['modes'];
  readonly grant: keyof NamespaceCensus['grants'];
  readonly ignored: ReadonlySet<LabelNotice>;
}

function standingOf(labels: Labels, rules: Omit<PlanInput, 'facts'>): Standing {
  const facts = { ...unknownNamespace(''), labels };
  const plan = planNamespace({ ...rules, facts });
  return {
    mode: plan.exemption === undefined ? plan.mode : 'none',
    grant: grantOf(plan, facts),
    ignored: new Set(plan.notices.map(({ code }) => code).filter(isOfLabels)),
  };
}

function grantOf({ optOutRules }: Plan, facts: NamespaceFacts): Standing['grant'] {
  const granted = optOutRules.allowed ? controlIds.filter(readGrant(facts)).length : 0;
  if (granted === 0) return 'denied';
  return granted === controlIds.length ? 'allowed' : 'some';
}

function isOfLabels(code: NoticeCode): code is LabelNotice {
  return code === 'unknownMode' || code === 'unknownPolicy' || code === 'unknownGrant';
}
