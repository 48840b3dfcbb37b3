import { isDenied } from '../hardening/explain.js';
import { annotationKeys, labelKeys } from '../kubernetes.js';
import { controlOf } from '../policy/catalogue.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { plain, type Style } from './style.js';
import { standingLines } from './standing.js';
import { isNotNeeded, isOnlyLogged, targetsOf } from './targets.js';
import { clean, column, count, painter, wrap } from './words.js';

export interface TextOptions {
  readonly style?: Style;
  /** Longest line, in characters. */
  readonly width?: number;
}

/** A report for people: for each object what is added, kept and skipped, container by container, and for all together
 *  what it may break and the line to write then. */
export function renderText(preview: Preview, { style = plain, width = 100 }: TextOptions = {}): string {
  const { items } = preview;
  const files = new Set(items.map(({ file }) => file));
  const sections = items.map((item, index) => {
    const before = items[index - 1];
    const isFirstOfFile = item.file !== before?.file;
    const isApart = item.report !== undefined || before?.report !== undefined || isFirstOfFile;
    return [
      ...(before !== undefined && isApart ? [''] : []),
      ...(files.size > 1 && isFirstOfFile ? [style('dim', `# ${clean(item.file)}`), ''] : []),
      ...describeItem(item, style, width),
    ];
  });
  const risks = describeRisks(items, style, width);
  const lines = [...sections, risks.length > 0 ? ['', ...risks] : []].flat();
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function describeItem(item: PreviewItem, style: Style, width: number): string[] {
  const { report, note } = item;
  if (report === undefined) return headline(item, `unchanged, ${note ?? ''}`, style, width);
  const notices = [
    ...report.notices.flatMap(({ text }) => column('  ! ', text, width, painter(style, 'yellow'))),
    ...systemNote(item).flatMap((text) => column('  ! ', text, width, painter(style, 'yellow'))),
    ...standingLines(item, style, width),
  ];
  if (note !== undefined) return headline(item, `left alone, ${note}`, style, width).concat(notices);
  const summary = `${summarize(item)} (policy ${report.policy}, mode ${report.mode})`;
  const targets = targetsOf(item, style, width).flatMap((lines) => [''].concat(lines));
  return headline(item, summary, style, width).concat(notices, targets);
}

function systemNote({ systemNamespace }: PreviewItem): string[] {
  if (systemNamespace === undefined) return [];
  return [`the webhook as installed is not called in ${systemNamespace}, and never refuses a pod there`];
}

/** The name of an object, and what comes of it; dimmed where that is nothing. */
function headline(item: PreviewItem, text: string, style: Style, width: number): string[] {
  const name = clean(nameOf(item));
  const [first = '', ...rest] = wrap(`${name}: ${text}`, width - 2);
  const paint = item.report === undefined ? painter(style, 'dim') : (line: string) => line;
  const title = first.startsWith(name) ? style('bold', name) + paint(first.slice(name.length)) : first;
  return [title, ...rest.map((line) => paint(`  ${line}`))];
}

/** `Deployment shop/web`. */
export function nameOf({ kind, namespace, name }: PreviewItem): string {
  const path = [namespace, name].filter((part) => part !== '').join('/');
  return path === '' ? kind : `${kind} ${path}`;
}

/** `2 containers, 7 controls change it, 2 to mend, 1 skipped`. */
export function summarize(item: PreviewItem): string {
  const { pod } = item;
  const { changing, possible, denied, flagged, skipped } = tally(item);
  const containers = (pod?.spec.initContainers?.length ?? 0) + (pod?.spec.containers.length ?? 0);
  const parts = [count(containers, 'container')];
  if (changing > 0) parts.push(`${count(changing, 'control')} ${changing === 1 ? 'changes' : 'change'} it`);
  if (possible > 0) parts.push(`${count(possible, 'control')} would change it`);
  if (changing + possible === 0) parts.push('nothing to change');
  if (denied > 0) parts.push(`refused by ${count(denied, 'control')}`);
  if (flagged > 0) parts.push(`${flagged} to mend`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return parts.join(', ');
}

/** Numbers of controls. One that has nothing to do is not counted as skipped, nor one that is only to be logged. */
function tally(item: PreviewItem) {
  const changing = new Set<string>();
  const possible = new Set<string>();
  const denied = new Set<string>();
  const flagged = new Set<string>();
  const skipped = new Set<string>();
  for (const finding of item.report?.findings ?? []) {
    const { control, mode, decision } = finding;
    if (decision.kind === 'change') (mode === 'enforce' ? changing : possible).add(control);
    if (isDenied(finding)) denied.add(control);
    else if (decision.kind === 'flag' && !isOnlyLogged(finding, item)) flagged.add(control);
    if (decision.kind === 'skip' && !isNotNeeded(finding)) skipped.add(control);
  }
  return {
    changing: changing.size,
    possible: possible.size,
    denied: denied.size,
    flagged: flagged.size,
    skipped: skipped.size,
  };
}

/** Once for each control that changes anything, whatever the number of containers. */
function describeRisks(items: readonly PreviewItem[], style: Style, width: number): string[] {
  const findings = items.flatMap(({ report }) => report?.findings ?? []);
  const ids = [
    ...new Set(findings.filter(({ decision }) => decision.kind === 'change').map(({ control }) => control)),
  ];
  if (ids.length === 0) return [];
  const indent = Math.max(...ids.map((id) => id.length)) + 4;
  const lines = ids.toSorted().flatMap((id) => {
    const { mayBreak, remedy } = controlOf(id).docs;
    const risk = column(`  ${id}`.padEnd(indent), mayBreak, width, (line) => line);
    const avoid =
      remedy === undefined ? [] : column(' '.repeat(indent), `→ ${remedy}`, width, painter(style, 'cyan'));
    return risk.concat(avoid);
  });
  const places = new Set(items.filter(({ report }) => report !== undefined).map(annotationsOf));
  const [place] = places;
  const where = places.size === 1 && place !== undefined ? place : 'the annotations of the pod template';
  const optOut = `→ ${annotationKeys.optOut}: <one or more of these, with commas>`;
  return [
    style('bold', 'What may break, and what to write to avoid it'),
    ...lines,
    '',
    `${'  to leave out a control'.padEnd(indent)}${style('cyan', optOut)}`,
    ...column(' '.repeat(indent), `in ${where}; "all" leaves out every one`, width, painter(style, 'dim')),
    '',
    ...[taken, ...namespacesTaken(items)].flatMap((text) => wrap(text, width)).map(painter(style, 'dim')),
  ];
}

const taken =
  'Taken as written: the API server may fill in more first, such as the defaults of a LimitRange.';

/** What was taken for granted of namespaces. */
function namespacesTaken(items: readonly PreviewItem[]): string[] {
  const modes = new Map<string, string>();
  for (const { assumedNamespace, systemNamespace, report } of items) {
    if (assumedNamespace === undefined || report === undefined) continue;
    if (systemNamespace === undefined) modes.set(assumedNamespace, report.mode);
  }
  const [mode] = modes.values();
  if (mode === undefined) return [];
  const names = [...modes.keys()].join(', ');
  const [subject, theirs] =
    modes.size === 1 ? [`Namespace ${names} is`, 'its'] : [`Namespaces ${names} are`, 'their'];
  return [
    `${subject} taken to have the label ${labelKeys.mode}: ${mode}; without it, the webhook leaves ${theirs} pods alone.`,
  ];
}

function annotationsOf({ templatePointer }: PreviewItem): string {
  return [...templatePointer.split('/').slice(1), 'metadata', 'annotations'].join('.');
}
