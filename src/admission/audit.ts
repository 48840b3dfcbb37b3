import type { Flagged } from '../controls/kit/decision.js';
import { gapsOf } from '../hardening/explain.js';
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
  const again = !isAgain ? '' : report.changed.length > 0 ? '-again' : '-unchanged';
  const { possible, flagged, skipped } = sortFindings(report.findings);
  if (again === '-unchanged' && flagged === '' && skipped === '') return {};
  const annotations: Record<string, string> = { [`policy${again}`]: `${report.policy}/${report.mode}` };
  if (report.changed.length > 0) annotations[`hardened${again}`] = report.changed.join(',');
  if (possible !== undefined) annotations[`would-harden${again}`] = [...possible].join(',');
  if (flagged !== '') annotations[`flagged${again}`] = flagged.slice(0, maxLength);
  if (skipped !== '') annotations[`skipped${again}`] = skipped.slice(0, maxLength);
  return annotations;
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
  for (const { control, target, mode, decision } of findings) {
    if (decision.kind === 'flag') flagged = withFlags(flagged, control, decision);
    if (decision.kind === 'change' && mode !== 'enforce') (possible ??= new Set()).add(control);
    for (const { part, reason } of gapsOf(decision)) {
      if (reason === 'notNeeded' || skipped.length >= maxLength) continue;
      const what = part === '' ? control : `${control}.${part}`;
      skipped += `${skipped === '' ? '' : '; '}${target} ${what}: ${reason}`;
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
