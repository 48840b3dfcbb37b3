import type { Known } from '../../controls/kit/context.js';
import type { Change } from '../../controls/kit/decision.js';
import { targetOf } from '../../controls/kit/flags.js';
import { isWindows } from '../../controls/kit/security.js';
import type { Report } from '../../hardening/report.js';
import { type Container, containerLists, type NamespaceFacts, type Pod } from '../../kubernetes.js';
import type { Subject } from './advisor.js';

/** What is known of a pod besides its report. */
export interface Circumstances {
  /** As its controller makes it. */
  readonly pod: Pod;
  readonly namespace: NamespaceFacts;
  readonly known: (container: Container) => Known;
}

/** Each init and regular container that hardening looks at, with its target. */
export function subjectsOf(
  report: Report,
  { pod, namespace, known }: Circumstances,
): { readonly target: string; readonly subject: Subject }[] {
  // What is said here is about Linux.
  if (report.exemption !== undefined || isWindows(pod)) return [];
  const changes = changesOf(report);
  return containerLists.flatMap((list) =>
    (pod.spec[list] ?? []).map((container) => {
      const target = targetOf(list, container);
      const change = (control: string) => changes.get(`${control} ${target}`);
      const podChange = (control: string) => changes.get(`${control} pod`);
      return {
        target,
        subject: { container, list, pod, namespace, known: known(container), change, podChange },
      };
    }),
  );
}

/** The changes by control and target: those that are made, or would be if the namespace were in mode `enforce`. A
 *  control that is only to be tried out breaks nothing. */
function changesOf({ findings, mode }: Report): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  for (const { control, target, mode: own, decision } of findings) {
    if (decision.kind === 'change' && own === mode) changes.set(`${control} ${target}`, decision);
  }
  return changes;
}
