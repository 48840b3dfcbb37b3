import { type FlagGroup, gapsOf, groupFlags, isDenied, sentenceOf } from '../hardening/explain.js';
import type { Finding, Report } from '../hardening/report.js';
import { controlOf, isAdvisory } from '../policy/catalogue.js';
import { shorten } from '../shorten.js';

/** Longest warning, in characters (Kubernetes' guidance for webhooks). */
const maxLength = 120;

/** All warnings of one answer together, in UTF-16 units, at least as many as characters: past 4,096 the API server cuts each to 256. */
const maxTotal = 4096;

const prefix = 'podtemper: ';

/** Skips that say nothing a person could act on: the control had nothing to do, or was switched off on purpose. */
const quietReasons = new Set([
  'notNeeded',
  'optedOut',
  'ephemeral',
  'explicitlyFalse',
  'explicitlyMounted',
  'imageTrusted',
  'namedServiceAccount',
]);

/** What kubectl tells the person who creates the pod: what changed, what could not be, what was misread. */
export function warningsOf(report: Report): string[] {
  const lines = report.notices.map(({ text }) => text);
  if (report.mode !== 'audit' && report.exemption === undefined) {
    const changes = changesOf(report);
    if (changes !== undefined) lines.push(changes);
    lines.push(...flagsOf(report.findings), ...skipsOf(report.findings));
  }
  return warningLines(lines);
}

/** Texts as warnings that the API server passes on in full: no control characters, 120 characters each, 4,096 in all. */
export function warningLines(texts: readonly string[]): string[] {
  // What is past the budget is not even looked at: a name may be as long as a pod.
  const said = new Set(texts.map((text) => clean(text.slice(0, maxTotal))));
  const lines = new Set<string>();
  for (const text of said) for (const line of wrapBeside(lines, text)) addDistinct(lines, line);
  return withinBudget(lines);
}

/** As many widths are tried until no full line is one that is there already. */
const mostWidths = 8;

/** The lines of a text. A full one cannot be indented to tell it from another: then the text is broken elsewhere. */
function wrapBeside(said: ReadonlySet<string>, text: string): string[] {
  const isLost = (line: string) => line.length === maxLength && said.has(line) && isContinued(line);
  let lines = wrap(text);
  for (let width = maxLength - 1; width > maxLength - mostWidths && lines.some(isLost); width--)
    lines = wrap(text, width);
  return lines;
}

function changesOf({ policy, findings }: Report): string | undefined {
  const made = new Set<string>();
  const possible = new Set<string>();
  for (const { control, mode, decision } of findings) {
    if (decision.kind !== 'change') continue;
    if (mode === 'enforce') made.add(control);
    else if (mode === 'warn') possible.add(control);
  }
  const parts = [
    ...(made.size > 0 ? [`hardened by policy ${policy}: ${[...made].join(', ')}`] : []),
    ...(possible.size > 0 ? [`would harden by policy ${policy}: ${[...possible].join(', ')}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}

/** Containers or fields named in one line; more would not fit into the budget anyway. */
const maxTargets = 20;

/** One line for each thing that a person has to mend, with the fields that it holds for. */
export function flagsOf(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => {
    const { control, mode, decision } = finding;
    if (mode === 'audit' || decision.kind !== 'flag') return [];
    const head = isDenied(finding) ? `to be refused by ${control}` : control;
    const lines = groupFlags(decision, controlOf(control)).map((group) => `${head}: ${describeGroup(group)}`);
    return decision.more > 0 ? [...lines, `${head}: and ${decision.more} more of the kind`] : lines;
  });
}

/** Where it stands, what it means, what to write instead. */
export function describeGroup({ flags, sentence, write }: FlagGroup): string {
  const places = flags.slice(0, maxTargets).map(({ field, found, targets }) => {
    const named = targets.slice(0, maxTargets).join(', ');
    const more = targets.length > maxTargets ? ` and ${targets.length - maxTargets} more` : '';
    return `${field} is ${found}${named === '' ? '' : ` (${named}${more})`}`;
  });
  const more = flags.length > maxTargets ? ` and ${flags.length - maxTargets} more` : '';
  return `${places.join(', ')}${more}: ${sentence}. To mend it: ${write}`;
}

/** One line for each reason, with the controls and containers it holds for. */
export function skipsOf(findings: readonly Finding[]): string[] {
  const groups = new Map<string, { targets: Set<string>; controls: Set<string> }>();
  const add = (sentence: string, target: string, control: string) => {
    let group = groups.get(sentence);
    if (group === undefined) groups.set(sentence, (group = { targets: new Set(), controls: new Set() }));
    group.targets.add(target);
    group.controls.add(control);
  };
  for (const { control, target, mode, decision } of findings) {
    const asked = controlOf(control);
    // What only finds leaves nothing undone where it does not look.
    if (mode === 'audit' || isAdvisory(asked)) continue;
    for (const { part, ...why } of gapsOf(decision)) {
      if (quietReasons.has(why.reason)) continue;
      add(sentenceOf(asked, why), target, part === '' ? control : `${control}.${part}`);
    }
  }
  return Array.from(groups, ([sentence, { targets, controls }]) => {
    const named = [...targets].slice(0, maxTargets).join(', ');
    const more = targets.size > maxTargets ? ` and ${targets.size - maxTargets} more` : '';
    return `${named}${more} without ${[...controls].join(', ')}: ${sentence}`;
  });
}

/** The same in at most so many lines, and each text in two at most. The last line counts the texts that are left out. */
export function fewWarningLines(texts: readonly string[], most: number): string[] {
  const lines: string[] = [];
  let told = 0;
  for (const text of texts) {
    const wrapped = wrap(clean(text.slice(0, maxTotal)));
    const [first = '', second] = wrapped;
    const two = second === undefined ? [first] : [first, wrapped.length > 2 ? withEllipsis(second) : second];
    const rest = texts.length - told;
    // A last line is kept for the count, unless this text is the last one.
    if (lines.length + two.length > (rest > 1 ? most - 1 : most)) break;
    lines.push(...two);
    told += 1;
  }
  const left = texts.length - told;
  if (left > 0) lines.push(`${prefix}… and ${left} more to know: podtemper preview shows all`);
  return [...distinct(lines)];
}

function withEllipsis(line: string): string {
  return `${line.slice(0, maxLength - 2)} …`;
}

/** No control characters: the API server drops a warning that holds one. */
export function clean(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ');
}

/** Lines of at most so many characters each, broken between words. */
function wrap(line: string, width = maxLength): string[] {
  const lines: string[] = [];
  let current = prefix;
  for (const word of line.split(/ +/)) {
    if (word === '') continue;
    const piece = shorten(word, maxLength - prefix.length - 2);
    if (current.length > prefix.length && current.length + 1 + piece.length > width) {
      lines.push(current);
      current = `${prefix}  `;
    }
    current += current.endsWith(' ') ? piece : ` ${piece}`;
  }
  lines.push(current);
  return lines;
}

/** The lines without repetitions, which the API server drops too: where two wrapped ones end in the same words, the
 *  second is indented a little more. */
function distinct(lines: readonly string[]): Set<string> {
  const seen = new Set<string>();
  for (const line of lines) addDistinct(seen, line);
  return seen;
}

function addDistinct(seen: Set<string>, line: string): void {
  let unique = line;
  while (seen.has(unique) && isContinued(unique) && unique.length < maxLength)
    unique = unique.replace(prefix, `${prefix} `);
  seen.add(unique);
}

function isContinued(line: string): boolean {
  return line.startsWith(`${prefix} `);
}

/** The first lines that fit into the budget, and a last one that counts the rest. */
function withinBudget(lines: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  let total = 0;
  for (const line of lines) {
    total += line.length;
    if (total > maxTotal - maxLength) {
      kept.push(`${prefix}… and more: see the preview`);
      break;
    }
    kept.push(line);
  }
  return kept;
}
