import type { Diagnosis } from '../doctor/diagnose.js';
import type { Finding } from '../doctor/finding.js';
import type { Style } from './style.js';
import { clean, column, count, painter } from './words.js';

/** How a diagnosis is written for people. */
export interface DiagnosisOptions {
  /** Characters of a line. */
  readonly width: number;
  readonly style: Style;
  /** How many checks there are. */
  readonly checks: number;
}

/** A diagnosis as text: what is wrong, what comes of it, and what to do, errors first. */
export function renderDiagnosis(
  { installation, findings, notLookedAt }: Diagnosis,
  { width, style, checks }: DiagnosisOptions,
): string {
  const { name, namespace, version, kubernetesVersion } = installation;
  const place = namespace === '' ? name : `${namespace}/${name}`;
  const title = `${place} on Kubernetes ${kubernetesVersion}, looked at by podtemper ${version}`;
  const lines = [
    style('bold', clean(title)),
    '',
    ...findings.flatMap((finding) => [...describe(finding, width, style), '']),
    ...notLookedAt.flatMap(({ what, why }) =>
      column(`not looked at  ${what}: `, why, width, painter(style, 'dim')),
    ),
    ...(notLookedAt.length > 0 ? [''] : []),
    summarize(findings, checks, style),
    '',
  ];
  return lines.join('\n');
}

function describe(finding: Finding, width: number, style: Style): string[] {
  const { severity, code, where, expected, found, means, advice } = finding;
  const label = style(severity === 'error' ? 'red' : 'yellow', severity.padEnd('warning'.length));
  const bare = painter(style, 'bold');
  const plainly = (line: string) => line;
  return [
    `${label}  ${bare(clean(where))}  ${style('dim', code)}`,
    ...column('         expected  ', expected, width, plainly),
    ...column('         found     ', found, width, plainly),
    ...column('         so        ', means, width, plainly),
    ...column('         → ', advice, width, painter(style, 'cyan')),
  ];
}

function summarize(findings: readonly Finding[], checks: number, style: Style): string {
  const looked = `${count(checks, 'check')} made`;
  if (findings.length === 0) return style('green', `Nothing is wrong; ${looked}.`);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}; ${looked}.`;
}
