import type { Advice } from '../advice/kit/advisor.js';
import type { KnownImage } from '../controls/kit/context.js';
import { explain, type FlagGroup, groupFlags, isDenied } from '../hardening/explain.js';
import type { Finding } from '../hardening/report.js';
import { controlOf, isAdvisory } from '../policy/catalogue.js';
import type { PreviewItem } from '../preview/preview.js';
import { fieldIn, fieldsOf } from './fields.js';
import { spellFacts } from './knownImages.js';
import type { Style } from './style.js';
import { clean, column, painter, spell, spellMembers } from './words.js';

/** What becomes of each container and of the pod, some lines each. Containers that fare alike share them. */
export function targetsOf(item: PreviewItem, style: Style, width: number): string[][] {
  const findings = item.report?.findings ?? [];
  const heads = new Set([
    ...findings.map(({ control }) => control),
    ...item.advice.map(({ advisor }) => advisor),
  ]);
  const indent = Math.max(0, ...Array.from(heads, (head) => head.length)) + 8;
  const { templatePointer, pod } = item;
  const layout = { indent, width, style, templatePointer, pod };
  const byTarget = new Map<string, Finding[]>();
  for (const finding of findings) {
    const own = byTarget.get(finding.target);
    if (own === undefined) byTarget.set(finding.target, [finding]);
    else own.push(finding);
  }
  const groups = new Map<string, { targets: string[]; lines: string[] }>();
  for (const [target, own] of byTarget) {
    const lines = [
      ...(own.some(isNewsOfImage) ? describeKnownImage(item.knownImages.get(target), layout) : []),
      ...(target === 'pod' ? describeVolumes(item, layout) : []),
      ...describeTarget(own, layout),
      ...describeAdvice(
        item.advice.filter((one) => one.target === target),
        layout,
      ),
    ];
    if (lines.length === 0) continue;
    const key = [target === 'pod', ...lines].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { targets: [target], lines });
    else group.targets.push(target);
  }
  return [...groups.values()].map(({ targets, lines }) =>
    column('  ', titleOf(targets), width, painter(style, 'bold')).concat(lines),
  );
}

/** `container web`, `containers fetch (init), web`, `volume data`, `pod`: targets of one kind. */
export function titleOf(targets: readonly string[]): string {
  if (targets.includes('pod')) return 'pod';
  const names = targets.map((target) => {
    const name = target.slice(target.indexOf('/') + 1);
    const kind = /^(init|ephemeral)Containers\//.exec(target)?.[1];
    return kind === undefined ? name : `${name} (${kind})`;
  });
  const noun = targets[0]?.startsWith('volumes/') === true ? 'volume' : 'container';
  return `${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

interface Layout {
  /** Column in which the explanations begin. */
  readonly indent: number;
  readonly width: number;
  readonly style: Style;
  readonly templatePointer: string;
  readonly pod: PreviewItem['pod'];
}

/** Whether what is known of the image can have had a part in it. */
export function isNewsOfImage({ decision }: Finding): boolean {
  return decision.kind === 'change' || (decision.kind === 'skip' && decision.reason === 'imageCannot');
}

/** What the image is known as, and from where; what else to know of it. */
function describeKnownImage(image: KnownImage | undefined, { width, style }: Layout): string[] {
  if (image === undefined) return [];
  const { repository, facts, sources } = image;
  const known = `${repository} (${spellFacts(facts)}; ${sources.join(', ')})`;
  const indent = '                 ';
  const advice = facts.advice === undefined ? [] : column(indent, facts.advice, width, painter(style, 'dim'));
  return column('    known image: ', known, width, painter(style, 'cyan')).concat(advice);
}

function describeTarget(findings: readonly Finding[], layout: Layout): string[] {
  return [
    ...findings.flatMap((finding) => describeChange(finding, layout)),
    ...findings.flatMap((finding) => describeFlags(finding, layout)),
    ...describeSkips(findings, layout),
    ...describeQuiet('=', findings.filter(isKept), layout),
    ...describeQuiet('-', findings.filter(isNotNeeded), layout),
  ];
}

/** That an advisory control found nothing is no news. */
function isKept({ control, decision }: Finding): boolean {
  return decision.kind === 'keep' && !isAdvisory(controlOf(control));
}

/** A control that had nothing to do is no news. */
export function isNotNeeded({ decision }: Finding): boolean {
  return decision.kind === 'skip' && decision.reason === 'notNeeded';
}

/** Whether what was found is only logged and counted, by the control's own mode: then nobody is to be bothered. */
export function isOnlyLogged({ mode, decision }: Finding, { report }: Pick<PreviewItem, 'report'>): boolean {
  return decision.kind === 'flag' && mode === 'audit' && report?.mode !== 'audit';
}

/** Controls that need no sentence share a line; only what is worth saying besides has one. */
function describeQuiet(mark: '=' | '-', findings: readonly Finding[], layout: Layout): string[] {
  if (findings.length === 0) return [];
  const controls = findings.map(({ control }) => control).join(', ');
  const remarks = findings.flatMap((finding) =>
    explain(finding, controlOf(finding.control)).notes.map((note) => `${finding.control}: ${note}`),
  );
  const lines = entry(mark, mark === '=' ? 'set already' : 'not needed', controls, layout);
  return lines.concat(remarks.flatMap((remark) => below(remark, layout)));
}

function describeChange(finding: Finding, layout: Layout): string[] {
  const { control, target, mode, decision } = finding;
  if (decision.kind !== 'change') return [];
  const { notes } = explain(finding, controlOf(control));
  const fields = spellSet(control, fieldsOf(decision, target, layout.pod));
  const { withoutVolume } = decision;
  const isEnforced = mode === 'enforce';
  const goes = isEnforced ? 'go' : 'would go';
  const removal = withoutVolume === undefined ? [] : [`the volume ${withoutVolume} and its mounts ${goes}`];
  const lines = isEnforced
    ? entry('+', control, fields, layout)
    : entry('~', control, `would add ${fields}`, layout);
  return lines.concat([...removal, ...notes].flatMap((note) => below(note, layout)));
}

/** What a person has to mend: how bad it is, where it stands, what it means, what to write. */
function describeFlags(finding: Finding, layout: Layout): string[] {
  const { control, decision } = finding;
  if (decision.kind !== 'flag') return [];
  const lines = groupFlags(decision, controlOf(control)).flatMap((group) => {
    const verdict = isDenied(finding) ? 'will be refused, ' : '';
    const places = `${verdict}${group.severity}: ${placesOf(group, layout)}`;
    const { indent, width, style } = layout;
    const write = column(' '.repeat(indent), `→ ${group.write}`, width, painter(style, 'cyan'));
    return entry('!', control, clean(places), layout).concat(below(group.sentence, layout), write);
  });
  return decision.more > 0 ? lines.concat(below(`and ${decision.more} more of the kind`, layout)) : lines;
}

function placesOf({ flags }: FlagGroup, { templatePointer }: Layout): string {
  return flags
    .map(({ field, found, targets }) => {
      const title = targets.length === 0 ? '' : ` (${titleOf(targets)})`;
      return `${fieldIn({ templatePointer }, field)} is ${found}${title}`;
    })
    .join(', ');
}

/** What is likely to break, and the line that avoids it. */
function describeAdvice(advice: readonly Advice[], layout: Layout): string[] {
  const { indent, width, style, templatePointer } = layout;
  return advice.flatMap(({ advisor, field, says, write }) => {
    const place = field.startsWith('spec.') ? fieldIn({ templatePointer }, field) : field;
    const remedy = column(' '.repeat(indent), `→ ${write}`, width, painter(style, 'cyan'));
    return entry('?', advisor, `${place}: ${says}`, layout).concat(remedy);
  });
}

/** Skips for one reason share a line. */
function describeSkips(findings: readonly Finding[], layout: Layout): string[] {
  const groups = new Map<string, string[]>();
  for (const finding of findings) {
    if (finding.decision.kind !== 'skip' || isNotNeeded(finding)) continue;
    const { sentence } = explain(finding, controlOf(finding.control));
    groups.set(sentence, [...(groups.get(sentence) ?? []), finding.control]);
  }
  return [...groups].flatMap(([sentence, controls]) => {
    const [only = '', ...others] = controls;
    if (others.length === 0) return entry('!', only, `skipped: ${sentence}`, layout);
    const lines = entry('!', `${controls.length} controls`, `skipped: ${sentence}`, layout);
    return lines.concat(below(controls.join(', '), layout));
  });
}

/** The volumes that the containers' changes bring along. */
function describeVolumes({ pod, report }: PreviewItem, layout: Layout): string[] {
  const present = new Set(pod?.spec.volumes?.map(({ name }) => name));
  const byControl = new Map<string, Set<string>>();
  for (const { control, mode, decision } of report?.findings ?? []) {
    if (decision.kind !== 'change' || mode !== 'enforce') continue;
    const names = byControl.get(control) ?? new Set();
    decision.volumes?.filter(({ name }) => !present.has(name)).forEach(({ name }) => names.add(name));
    byControl.set(control, names);
  }
  return [...byControl].flatMap(([control, names]) =>
    names.size === 0 ? [] : entry('+', control, `volumes: [${[...names].join(', ')}]`, layout),
  );
}

const formats = {
  '+': 'green',
  '~': 'yellow',
  '!': 'yellow',
  '?': 'yellow',
  '=': 'dim',
  '-': 'dim',
} as const;

function entry(
  mark: keyof typeof formats,
  head: string,
  text: string,
  { indent, width, style }: Layout,
): string[] {
  const [first = '', ...rest] = column(`    ${mark} ${head}`.padEnd(indent), text, width, (line) => line);
  const paint = painter(style, formats[mark]);
  if (formats[mark] === 'dim') return [first, ...rest].map(paint);
  return [first.replace(mark, paint(mark)), ...rest];
}

/** A remark below an entry. */
function below(text: string, { indent, width, style }: Layout): string[] {
  return column(' '.repeat(indent), text, width, painter(style, 'dim'));
}

/** The fields that a change sets, without the path that its control's name says already. */
export function spellSet(control: string, set: object): string {
  const members = Object.entries(set).flatMap(([key, value]): [string, unknown][] =>
    key === 'securityContext' && typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [[key, value]],
  );
  return clean(
    members
      .map(([key, value]) => {
        const isNamed =
          key === control && typeof value === 'object' && value !== null && !Array.isArray(value);
        return isNamed ? spellMembers(value) : `${key}: ${spell(value)}`;
      })
      .join(', '),
  );
}
