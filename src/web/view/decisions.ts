import type { Control } from '../../controls/kit/define.js';
import { explain } from '../../hardening/explain.js';
import type { Finding } from '../../hardening/report.js';
import { annotationKeys } from '../../kubernetes.js';
import { fieldsOf } from '../../outputs/fields.js';
import { type Result, resultsOf } from '../../outputs/results.js';
import { spellSet, titleOf } from '../../outputs/targets.js';
import { controlOf } from '../../policy/catalogue.js';
import type { Path } from '../../preview/paths.js';
import type { PreviewItem } from '../../preview/preview.js';

/** What one control says, of all containers of which it says the same. */
export interface DecisionView {
  /** `change`: in the patch. `possible`: what the mode keeps out of it. `mend`: what no patch can. `skip`: left alone.
   *  `note`: for the log only. */
  readonly kind: 'change' | 'possible' | 'mend' | 'skip' | 'note';
  readonly control: string;
  /** `containers web, sidecar`. */
  readonly target: string;
  /** `runAsNonRoot: true, runAsUser: 1000`, or why it was left alone. */
  readonly what: string;
  readonly notes: readonly string[];
  readonly why: string;
  readonly mayBreak: string;
  /** What to write to avoid that, or to mend what was found. */
  readonly remedy: string | undefined;
  readonly optOut: string;
  readonly source: string;
  readonly places: readonly PlaceView[];
}

/** Where the field is: among the manifests, or with hardening. */
export interface PlaceView {
  readonly side: 'manifests' | 'hardened';
  /** From 1. */
  readonly line: number;
}

/** What a person should look at, and the controls that have nothing to do. */
export function viewDecisions(
  item: PreviewItem,
  lineInHardened: (path: Path) => number,
): { readonly decisions: DecisionView[]; readonly quiet: string[] } {
  const results = resultsOf({ items: [item] });
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = JSON.stringify([kindOf(result), result.control.id, whatOf(result), notesOf(result.finding)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  const decisions = [...groups.values()].flatMap((group) => viewGroup(group, lineInHardened));
  const loud = new Set(decisions.map(({ control }) => control));
  const all = new Set(item.report?.findings.map(({ control }) => control));
  const ranks = ['mend', 'change', 'possible', 'skip', 'note'];
  return {
    decisions: decisions.toSorted((one, other) => ranks.indexOf(one.kind) - ranks.indexOf(other.kind)),
    quiet: [...all].filter((control) => !loud.has(control)),
  };
}

function viewGroup(group: readonly Result[], lineInHardened: (path: Path) => number): DecisionView[] {
  const [first] = group;
  if (first === undefined) return [];
  const { control } = first;
  const { why, mayBreak, remedy, source } = control.docs;
  const targets = group.map(({ finding }) => finding.target);
  const kind = kindOf(first);
  return [
    {
      kind,
      control: control.id,
      target: titleOf([...new Set(targets)]),
      what: whatOf(first),
      notes: notesOf(first.finding),
      why,
      mayBreak,
      remedy: remedyOf(first) ?? remedy,
      optOut: `${annotationKeys.optOut}: ${control.id}`,
      source: /https?:\/\/\S+/.exec(source)?.[0] ?? '',
      places: group.map(({ path, position }) =>
        kind === 'change'
          ? { side: 'hardened', line: lineInHardened(path) }
          : { side: 'manifests', line: position.line },
      ),
    },
  ];
}

function kindOf({ finding, level }: Result): DecisionView['kind'] {
  const { decision, mode } = finding;
  if (decision.kind === 'flag') return level === 'warning' ? 'mend' : 'note';
  if (decision.kind === 'skip') return 'skip';
  return mode === 'enforce' ? 'change' : 'possible';
}

/** In as few words as there are: the fields, the fault that was found, or the reason. */
function whatOf({ item, control, finding, message }: Result): string {
  const { decision, target } = finding;
  if (decision.kind === 'change') return spellSet(control.id, fieldsOf(decision, target, item.pod));
  if (decision.kind === 'flag') return message.replace(/ To mend it: .*$/s, '');
  return explain(finding, control).sentence;
}

/** What to write is a flag's own. */
function remedyOf({ finding, field }: Result): string | undefined {
  const { decision } = finding;
  return decision.kind === 'flag' ? decision.flags.find((flag) => flag.field === field)?.write : undefined;
}

function notesOf(finding: Finding): readonly string[] {
  const control: Control = controlOf(finding.control);
  return explain(finding, control).notes;
}
