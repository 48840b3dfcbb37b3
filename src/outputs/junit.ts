import { messageOf } from '../errors.js';
import { explain } from '../hardening/explain.js';
import type { Finding } from '../hardening/report.js';
import { controlOf } from '../policy/catalogue.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { advisedOf } from './advised.js';
import { type Remark, remarksOf } from './remarks.js';
import { type Result, resultsOf } from './results.js';
import { isNotNeeded } from './targets.js';

/** A test report in the format of JUnit: a suite an object, a case a container and control, which fails where the
 *  manifest lacks what hardening adds, holds what a person has to mend or will be refused, and is skipped where hardening leaves it
 *  alone, as is what is only likely to break. */
export function renderJunit(preview: Preview): string {
  const results = new Map<Finding, Result[]>();
  for (const result of resultsOf(preview)) {
    const own = results.get(result.finding);
    if (own === undefined) results.set(result.finding, [result]);
    else own.push(result);
  }
  const suites = [
    ...preview.items
      .filter(({ report }) => report !== undefined)
      .map((item) => suite(titleOf(item), casesOf(item, results))),
    ...(preview.faults.length === 0
      ? []
      : [
          suite(
            'manifests',
            preview.faults.map((fault) => errorCase(messageOf(fault))),
          ),
        ]),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...suites.flat(),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly kind: 'passed' | 'failure' | 'skipped' | 'error';
  readonly message: string;
}

function casesOf(item: PreviewItem, results: ReadonlyMap<Finding, readonly Result[]>): Case[] {
  const classname = titleOf(item);
  const findings = (item.report?.findings ?? []).map((finding) => {
    const { kind, message } = outcomeOf(finding, results.get(finding));
    return { name: `${finding.control} of ${finding.target}`, classname, kind, message };
  });
  const remarks = [...remarksById(item)].map(([id, own]): Case => {
    return { name: `${id} of pod`, classname, kind: 'failure', message: own.map(placed).join('; ') };
  });
  const advice = advisedOf({ items: [item] }).map(({ advice: { advisor, target }, ...advised }): Case => {
    return { name: `${advisor} of ${target}`, classname, kind: 'skipped', message: placed(advised) };
  });
  return [...findings, ...remarks, ...advice];
}

function remarksById(item: PreviewItem): ReadonlyMap<string, readonly Remark[]> {
  const groups = new Map<string, Remark[]>();
  for (const remark of remarksOf({ items: [item] })) {
    groups.set(remark.id, [...(groups.get(remark.id) ?? []), remark]);
  }
  return groups;
}

function outcomeOf(finding: Finding, results: readonly Result[] = []): Pick<Case, 'kind' | 'message'> {
  const { kind } = finding.decision;
  const isToDo = results.some(({ level }) => kind === 'change' || (kind === 'flag' && level !== 'note'));
  if (isToDo) return { kind: 'failure', message: results.map(placed).join('; ') };
  if (results.length > 0)
    return { kind: 'skipped', message: results.map(({ message }) => message).join('; ') };
  if (!isNotNeeded(finding)) return { kind: 'passed', message: '' };
  return { kind: 'skipped', message: explain(finding, controlOf(finding.control)).sentence };
}

function placed({
  position: { file = '', line, column },
  message,
}: Pick<Result, 'position' | 'message'>): string {
  return `${file}:${line}:${column}: ${message}`;
}

function errorCase(message: string): Case {
  return { name: 'is read', classname: 'manifests', kind: 'error', message };
}

function titleOf({ kind, namespace, name }: PreviewItem): string {
  return [kind, namespace, name].filter((part) => part !== '').join('/');
}

function suite(name: string, cases: readonly Case[]): string[] {
  const count = (kind: Case['kind']) => cases.filter((one) => one.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return [`  <testsuite name=${quote(name)} ${counts}>`, ...cases.flatMap(describeCase), '  </testsuite>'];
}

function describeCase({ name, classname, kind, message }: Case): string[] {
  const head = `    <testcase name=${quote(name)} classname=${quote(classname)}`;
  if (kind === 'passed') return [`${head}/>`];
  const outcome =
    kind === 'skipped' ? `<skipped>${escape(message)}</skipped>` : `<${kind} message=${quote(message)}/>`;
  return [`${head}>`, `      ${outcome}`, '    </testcase>'];
}

function quote(text: string): string {
  return `"${escape(text)}"`;
}

/** Without what XML 1.0 cannot hold (section 2.2). */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');
}
