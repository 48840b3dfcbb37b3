import type { Control } from '../controls/kit/define.js';
import type { Position } from '../errors.js';
import type { Flag } from '../controls/kit/flags.js';
import { explain, isDenied, meaningOf } from '../hardening/explain.js';
import type { Finding } from '../hardening/report.js';
import { controlOf } from '../policy/catalogue.js';
import type { Path } from '../preview/paths.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { fieldIn, fieldsOf } from './fields.js';
import { pathOfField, pathOfTarget } from './fieldPaths.js';
import { isNotNeeded, isOnlyLogged, spellSet, titleOf } from './targets.js';
import { clean } from './words.js';

/** One thing that a preview has to say of one place, for programs that collect such things. */
export interface Result {
  readonly item: PreviewItem;
  readonly finding: Finding;
  readonly control: Control;
  /** `note` for what hardening adds, and what is only to be logged; `warning` for what it leaves open; `error` for what
   *  the pod will be refused for. */
  readonly level: 'note' | 'warning' | 'error';
  /** Of several that an advisory control finds, where this one stands. */
  readonly field?: string;
  readonly message: string;
  /** The way to the field from the pod's root, whether it is there or not. */
  readonly path: Path;
  /** Of the field, or else of the nearest thing around it. */
  readonly position: Position;
}

/** What is added and what is left open, in the order of the manifests. What is as it should be has no result. */
export function resultsOf({ items }: Pick<Preview, 'items'>): Result[] {
  return items.flatMap((item) =>
    (item.report?.findings ?? []).flatMap((finding) =>
      finding.decision.kind === 'flag'
        ? finding.decision.flags.map((flag) => resultOfFlag(flag, finding, item))
        : (resultOf(finding, item) ?? []),
    ),
  );
}

/** What a person has to mend, at its place. */
function resultOfFlag(flag: Flag, finding: Finding, item: PreviewItem): Result {
  const control = controlOf(finding.control);
  const { field, found, targets, write } = flag;
  const concerned = targets.length === 0 ? '' : ` (${titleOf(targets)})`;
  const { means } = meaningOf(flag, control);
  const verdict = isDenied(finding) ? 'the pod will be refused: ' : '';
  const path = pathOfField(field);
  return {
    item,
    finding,
    control,
    level: isDenied(finding) ? 'error' : isOnlyLogged(finding, item) ? 'note' : 'warning',
    field,
    message: clean(
      `${verdict}${fieldIn(item, field)} is ${found}${concerned}: ${means}. To mend it: ${write}`,
    ),
    path,
    position: item.positionOf(path),
  };
}

function resultOf(finding: Finding, item: PreviewItem): Result | undefined {
  const { decision, target } = finding;
  if (decision.kind === 'keep' || isNotNeeded(finding)) return undefined;
  const control = controlOf(finding.control);
  const { sentence, notes } = explain(finding, control);
  const fields = decision.kind === 'change' ? fieldsOf(decision, target, item.pod) : {};
  const adds = finding.mode === 'enforce' ? 'hardening adds' : 'hardening would add';
  const text =
    decision.kind === 'change' ? `${adds} ${spellSet(control.id, fields)}` : `not hardened: ${sentence}`;
  const path = [...pathOfTarget(item, target), ...firstPathIn(fields)];
  return {
    item,
    finding,
    control,
    level: decision.kind === 'change' ? 'note' : 'warning',
    message: clean([`${titleOf([target])}: ${text}`, ...notes].join('; ')),
    path,
    position: item.positionOf(path),
  };
}

/** The way to the first field: where it is not there yet, the nearest thing around it is meant. */
function firstPathIn(fields: Readonly<Record<string, unknown>>): string[] {
  const [first] = Object.entries(fields);
  if (first === undefined) return [];
  const [key, value] = first;
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? [key, ...firstPathIn(value as Readonly<Record<string, unknown>>)] : [key];
}
