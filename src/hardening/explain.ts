import type { Decision, Flagged, LeftOut } from '../controls/kit/decision.js';
import type { Control, Severity } from '../controls/kit/define.js';
import type { Flag } from '../controls/kit/flags.js';
import { isAdvisory } from '../policy/catalogue.js';
import { engineSkips, type Finding } from './report.js';

/** Sentences of one finding: what was decided and why. */
export interface Explanation {
  /** `change`, `keep`, `skip`, or `would change` where the mode keeps the change out of the patch; `flag` of what no
   *  patch can mend, `deny` where the pod is refused for it. */
  readonly verdict: 'change' | 'would change' | 'keep' | 'skip' | 'flag' | 'deny';
  readonly sentence: string;
  readonly notes: readonly string[];
}

/** A finding in words, from the texts that its control declares. */
export function explain(finding: Finding, control: Control): Explanation {
  const { decision, mode } = finding;
  const notes =
    'notes' in decision ? (decision.notes?.map((code) => noteOf(code, decision, control)) ?? []) : [];
  if (decision.kind === 'change') {
    const leftOut = decision.leftOut?.map(
      ({ part, ...why }) => `${part} is left out: ${sentenceOf(control, why)}`,
    );
    return {
      verdict: mode === 'enforce' ? 'change' : 'would change',
      sentence: control.docs.summary,
      notes: leftOut === undefined ? notes : notes.concat(leftOut),
    };
  }
  if (decision.kind === 'keep') {
    const sentence = isAdvisory(control)
      ? 'nothing of the kind found'
      : 'already as hard as this control makes it';
    return { verdict: 'keep', sentence, notes };
  }
  if (decision.kind === 'flag') {
    const { more } = decision;
    const sentences = groupFlags(decision, control).map(({ sentence }) => sentence);
    const rest = more > 0 ? [`and ${more} more of the kind`] : [];
    return {
      verdict: isDenied(finding) ? 'deny' : 'flag',
      sentence: [...new Set(sentences)].join('; '),
      notes: rest,
    };
  }
  return { verdict: 'skip', sentence: sentenceOf(control, decision), notes };
}

/** Whether the pod is refused for what was found: by the validating webhook, which judges it last. */
export function isDenied({ mode, decision }: Finding): boolean {
  return mode === 'deny' && decision.kind === 'flag';
}

/** What a decision leaves undone, each with its reason: all of it (part ``) where the control was skipped. */
export function gapsOf(decision: Decision): readonly LeftOut[] {
  if (decision.kind === 'change') return decision.leftOut ?? noGaps;
  if (decision.kind === 'keep' || decision.kind === 'flag') return noGaps;
  const { reason, detail } = decision;
  return [detail === undefined ? { part: '', reason } : { part: '', reason, detail }];
}

const noGaps: readonly LeftOut[] = [];

/** Flags that mean the same and are mended in the same way. */
export interface FlagGroup {
  readonly severity: Severity;
  readonly sentence: string;
  readonly write: string;
  readonly flags: readonly Flag[];
}

/** What was found, as a person reads it: what a sentence holds for is told together. */
export function groupFlags({ flags }: Pick<Flagged, 'flags'>, control: Control): FlagGroup[] {
  const groups = new Map<string, { severity: Severity; sentence: string; write: string; flags: Flag[] }>();
  for (const flag of flags) {
    const { severity, means } = meaningOf(flag, control);
    const key = `${means}\n${flag.write}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { severity, sentence: means, write: flag.write, flags: [flag] });
    else group.flags.push(flag);
  }
  return [...groups.values()];
}

/** How bad it is and why, from the flag's code and what the code cannot say. */
export function meaningOf({ code, detail }: Flag, control: Control): { severity: Severity; means: string } {
  const { severity, means } = control.flags[code] ?? { severity: 'high' as const, means: code };
  return { severity, means: detail === undefined ? means : `${means} (${detail})` };
}

/** Why a control could not do something, from a reason's code and what stood in the way. */
export function sentenceOf(control: Control, { reason, detail }: Omit<LeftOut, 'part'>): string {
  const sentence = control.skips[reason] ?? generalSkips[reason] ?? reason;
  return detail === undefined ? sentence : `${sentence} (${detail})`;
}

/** The sentence for a note, and where what it says comes from. */
function noteOf(code: string, decision: Decision, control: Control): string {
  const sentence = control.notes[code] ?? code;
  const source = 'sources' in decision ? decision.sources?.[code] : undefined;
  return source === undefined ? sentence : `${sentence} (${source})`;
}

const generalSkips: Readonly<Record<string, string>> = engineSkips;
