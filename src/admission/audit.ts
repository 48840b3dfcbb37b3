import type { Finding, Report } from '../hardening/report.js';
import { annotationKeys, type Pod } from '../kubernetes.js';

/** Longest audit annotation, in characters: a log line, not a document. */
const maxLength = 2048;

/** What the API server's audit log keeps of a review. Keys must not hold a slash. A second call for the same pod
 *  (reinvocation) must not change a value of the first, so it has keys of its own. */
export function auditAnnotationsOf(report: Report, pod: Pod): Record<string, string> {
  if (report.exemption !== undefined) return { exempt: report.exemption };
  const again = pod.metadata?.annotations?.[annotationKeys.hardened] === undefined ? '' : '-again';
  if (again !== '' && report.changed.length === 0) return {};
  const { enforced, possible, skipped } = sortFindings(report.findings);
  const annotations: Record<string, string> = { [`policy${again}`]: `${report.policy}/${report.mode}` };
  if (enforced.size > 0) annotations[`hardened${again}`] = [...enforced].join(',');
  if (possible.size > 0) annotations[`would-harden${again}`] = [...possible].join(',');
  if (skipped !== '') annotations[`skipped${again}`] = skipped.slice(0, maxLength);
  return annotations;
}

function sortFindings(findings: readonly Finding[]) {
  const enforced = new Set<string>();
  const possible = new Set<string>();
  let skipped = '';
  for (const { control, target, mode, decision } of findings) {
    if (decision.kind === 'change') (mode === 'enforce' ? enforced : possible).add(control);
    else if (decision.kind === 'skip' && decision.reason !== 'notNeeded') {
      skipped += `${skipped === '' ? '' : '; '}${target} ${control}: ${decision.reason}`;
    }
  }
  return { enforced, possible, skipped };
}
