import type { Report } from '../../hardening/report.js';
import type { Advice, Advisor } from './advisor.js';
import { type Circumstances, subjectsOf } from './subjects.js';

/** What is likely to break in a pod that is hardened so, container by container. */
export function adviseBy(
  advisors: readonly Advisor[],
  report: Report,
  circumstances: Circumstances,
): readonly Advice[] {
  return subjectsOf(report, circumstances).flatMap(({ target, subject }) =>
    advisors.flatMap(({ id, summary, source, look }) =>
      look(subject).map(({ field, says, write }): Advice => {
        return { advisor: id, target, field, says, write, summary, source };
      }),
    ),
  );
}
