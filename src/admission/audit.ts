import type { Flagged } from '../controls/kit/decision.js';
import type { Finding, Report } from '../hardening/report.js';
import { annotationKeys, type Pod } from '../kubernetes.js';

/** Longest audit annotation, in characters: a log line, not a document. */
const maxLength = 2048;

/** Whether the pod that is created has been here before (reinvocation). */
export function isSecondCall({ mode }: Report, { metadata }: Pod): boolean {
  // Only mode enforce leaves the annotation; in another it came with a manifest that was copied from a cluster.
  return mode === 'enforce' && metadata?.annotations?.[annotationKeys.hardened] !== undefined;
}

/** What the API server's audit log keeps of a review. Keys must not hold a slash. A second call for the same pod
 *  must not change a value of the first, so it has keys of its own. A manifest that was copied from a cluster looks like
 *  a second call at the first, so that one that changes nothing has others again: what is found is told in any case. */
export function auditAnnotationsOf(report: Report, isAgain: boolean): Record<string, string> {
  if (report.exemption !== undefined) return { exempt: report.exemption };
  const isChanged = report.changed.length > 0;
  const { possible, flagged, skipped } = sortFindings(report.findings);
  if (isAgain && !isChanged && flagged === '' && skipped === '') return {};
  const keys = !isAgain ? firstKeys : isChanged ? againKeys : unchangedKeys;
  const annotations: Record<string, string> = { [keys.policy]: `${report.policy}/${report.mode}` };
  if (isChanged) annotations[keys.hardened] = report.changed.join(',');
  if (possible !== undefined) annotations[keys.possible] = [...possible].join(',');
  if (flagged !== '') annotations[keys.flagged] = flagged.slice(0, maxLength);
  if (skipped !== '') annotations[keys.skipped] = skipped.slice(0, maxLength);
  return annotations;
}

const firstKeys = keysWith('');
const againKeys = keysWith('-again');
const unchangedKeys = keysWith('-unchanged');

function keysWith(suffix: string) {
  return {
    policy: `policy${suffix}`,
    hardened: `hardened${suffix}`,
    possible: `would-harden${suffix}`,
    flagged: `flagged${suffix}`,
    skipped: `skipped${suffix}`,
  };
}

/** What a pod is refused for, as the API server's audit log keeps it: what is denied, and what hardening would have
 *  changed. */
export function deniedAnnotation(denied: readonly Finding[], missed: readonly Finding[]): string {
  let text = '';
  for (const { control, decision } of denied)
    if (decision.kind === 'flag') text = withFlags(text, control, decision);
  const unhardened = missed.map(({ control, target }) => `not hardened: ${target} ${control}`);
  return [...(text === '' ? [] : [text]), ...unhardened].join('; ').slice(0, maxLength);
}

function sortFindings(findings: readonly Finding[]) {
  let possible: Set<string> | undefined;
  let flagged = '';
  let skipped = '';
  const skip = (control: string, target: string, reason: string) => {
    if (reason === 'notNeeded' || skipped.length >= maxLength) return;
    skipped += `${skipped === '' ? '' : '; '}${target} ${control}: ${reason}`;
  };
  for (const { control, target, mode, decision } of findings) {
    if (decision.kind === 'flag') flagged = withFlags(flagged, control, decision);
    else if (decision.kind === 'skip') skip(control, target, decision.reason);
    else if (decision.kind === 'change') {
      if (mode !== 'enforce') (possible ??= new Set()).add(control);
      if (decision.leftOut === undefined) continue;
      for (const { part, reason } of decision.leftOut) skip(`${control}.${part}`, target, reason);
    }
  }
  return { possible, flagged, skipped };
}

/** `hostPath spec.volumes[0].hostPath.path: writable; …`. */
function withFlags(flagged: string, control: string, { flags, more }: Flagged): string {
  const lines = flags.map(({ field, code }) => `${control} ${field}: ${code}`);
  if (more > 0) lines.push(`${control}: and ${more} more`);
  return [...(flagged === '' ? [] : [flagged]), ...lines].join('; ');
}
