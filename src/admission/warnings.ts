import { explain } from '../hardening/explain.js';
import type { Finding, Report } from '../hardening/report.js';
import { controlOf } from '../policy/catalogue.js';

/** Longest warning, in characters (Kubernetes' guidance for webhooks). */
const maxLength = 120;

/** All warnings of one answer together, in UTF-16 units, at least as many as characters: past 4,096 the API server cuts each to 256. */
const maxTotal = 4096;

const prefix = 'podtemper: ';

/** Skips that say nothing a person could act on: the control had nothing to do, or was switched off on purpose. */
const quietReasons = new Set(['notNeeded', 'optedOut', 'explicitlyFalse', 'imageTrusted']);

/** What kubectl tells the person who creates the pod: what changed, what could not be, what was misread. */
export function warningsOf(report: Report): string[] {
  const lines = report.notices.map(({ text }) => text);
  if (report.mode !== 'audit' && report.exemption === undefined) {
    const changes = changesOf(report);
    if (changes !== undefined) lines.push(changes);
    lines.push(...skipsOf(report.findings));
  }
  return withinBudget(lines.flatMap((line) => wrap(clean(line))));
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

/** One line for each control and reason, with all the containers it holds for. */
function skipsOf(findings: readonly Finding[]): string[] {
  const groups = new Map<string, { targets: string[]; sentence: string; controls: string[] }>();
  for (const finding of findings) {
    const { control, target, mode, decision } = finding;
    if (decision.kind !== 'skip' || mode === 'audit' || quietReasons.has(decision.reason)) continue;
    const { sentence } = explain(finding, controlOf(control));
    const group = groups.get(sentence) ?? { targets: [], sentence, controls: [] };
    if (!group.targets.includes(target)) group.targets.push(target);
    if (!group.controls.includes(control)) group.controls.push(control);
    groups.set(sentence, group);
  }
  return [...groups.values()].map(
    ({ targets, sentence, controls }) => `${targets.join(', ')} without ${controls.join(', ')}: ${sentence}`,
  );
}

/** No control characters: the API server drops a warning that holds one. */
function clean(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ');
}

/** Lines of at most 120 characters each, broken between words. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  let current = prefix;
  for (const word of line.split(' ')) {
    const piece = word.slice(0, maxLength - prefix.length - 2);
    if (current.length > prefix.length && current.length + 1 + piece.length > maxLength) {
      lines.push(current);
      current = `${prefix}  `;
    }
    current += current.endsWith(' ') ? piece : ` ${piece}`;
  }
  lines.push(current);
  return lines;
}

/** The first lines that fit into the budget, and a last one that counts the rest. */
function withinBudget(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let total = 0;
  for (const line of new Set(lines)) {
    total += line.length;
    if (total > maxTotal - maxLength) {
      kept.push(`${prefix}… and more: see the preview`);
      break;
    }
    kept.push(line);
  }
  return kept;
}
