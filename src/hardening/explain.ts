import type { Control } from '../controls/kit/define.js';
import { engineSkips, type Finding } from './report.js';

/** Sentences of one finding: what was decided and why. */
export interface Explanation {
  /** `change`, `keep`, `skip`, or `would change` where the mode keeps the change out of the patch. */
  readonly verdict: 'change' | 'would change' | 'keep' | 'skip';
  readonly sentence: string;
  readonly notes: readonly string[];
}

/** A finding in words, from the texts that its control declares. */
export function explain(finding: Finding, control: Control): Explanation {
  const { decision, mode } = finding;
  const notes = 'notes' in decision ? (decision.notes?.map((code) => control.notes[code] ?? code) ?? []) : [];
  if (decision.kind === 'change') {
    return { verdict: mode === 'enforce' ? 'change' : 'would change', sentence: control.docs.summary, notes };
  }
  if (decision.kind === 'keep') {
    return { verdict: 'keep', sentence: 'already as hard as this control makes it', notes };
  }
  const { reason, detail } = decision;
  const sentence = control.skips[reason] ?? generalSkips[reason] ?? reason;
  return { verdict: 'skip', sentence: detail === undefined ? sentence : `${sentence} (${detail})`, notes };
}

const generalSkips: Readonly<Record<string, string>> = engineSkips;
