import type { NamespaceFacts, Pod } from '../../src/kubernetes.js';
import { labelKeys } from '../../src/kubernetes.js';
import { overwrittenLeaves, weakenedChoices } from './choices.js';
import { addedMountProblems, orderProblems, readOnlyProblems } from './mountRules.js';
import { outvoted } from './schedulingRules.js';
import { toKeep } from './serverToken.js';
import { startProblems } from './startRules.js';
import { differences } from './trees.js';

/** A pod as an API server has stored it. */
export interface StoredPod extends Pod {
  readonly status?: { readonly qosClass?: string };
}

/** What became of one pod without us and with us, and the namespace as it is where we are called. */
export interface Stored {
  readonly without: StoredPod;
  readonly with: StoredPod;
  readonly facts: NamespaceFacts;
}

/** What is wrong with what is stored. Empty: nothing. */
type StoredRule = (stored: Stored) => string[];

/** What must hold of every pod that is accepted without us and with us, each rule by the name of its breach. */
export const storedRules = {
  'overwritten explicitly': overwritten,
  'overwritten in effect': (stored) => weakenedChoices(stored.without, stored.with),
  'placed otherwise than it chose': (stored) => outvoted(stored.without.spec, stored.with.spec),
  'that the kubelet would refuse': unstartable,
  'with a mount over its own files': (stored) => addedMountProblems(stored.without, stored.with),
  'with containers or volumes moved': (stored) =>
    orderProblems(toKeep(stored.without, stored.with).spec, stored.with.spec),
  'with a lower quality of service': lowerQuality,
  'changed where nothing is enforced': changedUnasked,
} satisfies Readonly<Record<string, StoredRule>>;

export type StoredRuleName = keyof typeof storedRules;

/** The rules that are broken, and how. */
export function brokenRules(stored: Stored): { rule: StoredRuleName; problems: string[] }[] {
  const names = Object.keys(storedRules) as StoredRuleName[];
  return names
    .map((rule) => ({ rule, problems: storedRules[rule](stored) }))
    .filter(({ problems }) => problems.length > 0);
}

function overwritten({ without, with: hardened }: Stored): string[] {
  return overwrittenLeaves(objectOf(toKeep(without, hardened)), objectOf(hardened));
}

function unstartable({ without, with: hardened, facts }: Stored): string[] {
  const failedBefore = new Set(startProblems(without.spec, facts));
  const failsNow = startProblems(hardened.spec, facts).filter((problem) => !failedBefore.has(problem));
  return [...failsNow, ...readOnlyProblems(without, hardened)];
}

/** From the first that the node evicts to the last. */
const qualities = ['BestEffort', 'Burstable', 'Guaranteed'];

function lowerQuality({ without, with: hardened }: Stored): string[] {
  const [was, is] = [without.status?.qosClass ?? '', hardened.status?.qosClass ?? ''];
  return qualities.indexOf(is) < qualities.indexOf(was) ? [`${was} is ${is}`] : [];
}

function changedUnasked({ without, with: hardened, facts }: Stored): string[] {
  if (facts.labels[labelKeys.mode] === 'enforce') return [];
  return differences(objectOf(without), objectOf(hardened)).map((path) => path.join('.'));
}

/** Without the status, which the API server makes of the rest. */
function objectOf({ metadata, spec }: StoredPod): Pod {
  return { ...(metadata && { metadata }), spec };
}
