import { engineSkips, type Finding, type Report } from '../../src/hardening/report.js';
import { annotationKeys, type Pod } from '../../src/kubernetes.js';
import { controlOf } from '../../src/policy/catalogue.js';
import type { Answer } from '../admission/reviews.js';
import { expectNone, type Scenario } from './scenario.js';

/** Skips that nobody has to act on: the control had nothing to do, or somebody decided against it on purpose. */
const quiet = new Set([
  'notNeeded',
  'optedOut',
  'ephemeral',
  'explicitlyFalse',
  'explicitlyMounted',
  'imageTrusted',
  'namedServiceAccount',
]);

/** Longest audit annotation; what is beyond it is cut. */
const maxAnnotation = 2048;

/** What was skipped stands in the audit log, and kubectl warns of it whoever creates the pod by hand: of notices in
 *  every mode, of skips and changes where the mode is louder than `audit`. */
export function expectHeard({ pod }: Pick<Scenario, 'pod'>, report: Report, answer: Answer): void {
  if (!isControlled(pod)) expectWarned(report, answer);
  // What the first call wrote to the audit log must stay as it is, so that a second one without a change adds nothing.
  const isSilentRepetition =
    pod.metadata?.annotations?.[annotationKeys.hardened] !== undefined && report.changed.length === 0;
  if (report.exemption === undefined && !isSilentRepetition) expectAudited(report, answer);
}

/** Pods of controllers are created by software, which reads no warnings. */
function isControlled({ metadata }: Pod): boolean {
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
}

function expectWarned(report: Report, { warnings }: Answer): void {
  const isCut = warnings.some((warning) => warning.includes('and more: see the preview'));
  if (isCut) return;
  const heard = withoutSpace(warnings.map((warning) => warning.replace(/^podtemper: /, '')).join(' '));
  const sentences = [...report.notices.map(({ text }) => text), ...sentencesOf(report)];
  expectNone(
    sentences.filter((sentence) => !heard.includes(withoutSpace(sentence))),
    'nobody is warned',
  );
}

function sentencesOf({ findings, policy }: Report): string[] {
  return findings.flatMap(({ control, mode, decision }) => {
    if (mode === 'audit') return [];
    if (decision.kind === 'flag') {
      const { flags } = controlOf(control);
      return [control, ...decision.flags.flatMap(({ code, write }) => [flags[code]?.means ?? code, write])];
    }
    const sentences: Readonly<Record<string, string>> = { ...engineSkips, ...controlOf(control).skips };
    const spell = ({ reason, detail = '' }: { reason: string; detail?: string }) =>
      quiet.has(reason) ? [] : [sentences[reason] ?? reason, detail];
    if (decision.kind === 'change') {
      const verdict = `${mode === 'enforce' ? 'hardened' : 'would harden'} by policy ${policy}`;
      const leftOut = decision.leftOut?.flatMap((one) => [`${control}.${one.part}`, ...spell(one)]) ?? [];
      return [verdict, control, ...leftOut];
    }
    return decision.kind === 'keep' ? [] : spell(decision);
  });
}

/** Where a warning is broken into lines is of no account. */
function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function expectAudited({ findings }: Report, { auditAnnotations }: Answer): void {
  expectFlagsAudited(findings, auditAnnotations.flagged ?? auditAnnotations['flagged-again'] ?? '');
  const skipped = auditAnnotations.skipped ?? auditAnnotations['skipped-again'] ?? '';
  if (skipped.length >= maxAnnotation) return;
  const lines = findings.flatMap(({ control, target, decision }: Finding) => {
    if (decision.kind === 'change')
      return decision.leftOut?.map(({ part, reason }) => `${target} ${control}.${part}: ${reason}`) ?? [];
    const isSkip = decision.kind === 'skip' && decision.reason !== 'notNeeded';
    return isSkip ? [`${target} ${control}: ${decision.reason}`] : [];
  });
  expectNone(
    lines.filter((line) => !skipped.split('; ').includes(line)),
    'the audit log is not told',
  );
}

function expectFlagsAudited(findings: Report['findings'], flagged: string): void {
  if (flagged.length >= maxAnnotation) return;
  const lines = findings.flatMap(({ control, decision }) =>
    decision.kind === 'flag' ? decision.flags.map(({ field, code }) => `${control} ${field}: ${code}`) : [],
  );
  expectNone(
    lines.filter((line) => !flagged.split('; ').includes(line)),
    'the audit log is not told what was found',
  );
}
