import { containerLists, type Pod } from '../../../src/kubernetes.js';
import { controlOf } from '../../../src/policy/catalogue.js';
import type { PreviewedPod } from '../previewItem.js';

/** What it reports: `capabilities: skip addsAll`. What is left out beside a change counts as a skip: the reason is one
 *  of those that the control declares. */
export function outcomesOf({ decisions, notices, exemption }: PreviewedPod): string[] {
  return [
    ...decisions.map(({ control, verdict, reason }) => `${control}: ${[verdict, reason].join(' ').trim()}`),
    ...decisions.flatMap(({ control, leftOut }) => leftOut.map(({ reason }) => `${control}: skip ${reason}`)),
    ...decisions.flatMap(({ control, flags }) => flags.map(({ code }) => `${control}: flag ${code}`)),
    ...notices.map(({ code }) => `notice ${code}`),
    ...(exemption === undefined ? [] : [`exempt ${exemption}`]),
  ];
}

/** What a preview gets wrong of a pod with `readOnly: false`, which it sees and the API server drops
 *  (docs/decisions/0013): it keeps such a mount as it is, and says so where the webhook closes it. */
export function writableProblems(pod: Pod, asWritten: PreviewedPod, asPassedOn: PreviewedPod): string[] {
  return mountsOf(pod.spec).flatMap(({ target, place, readOnly }) => {
    if (readOnly !== false) return [];
    if (isClosed(asWritten, place)) return [`${place}: closed`];
    return isClosed(asPassedOn, place) && !isTold(asWritten, target) ? [`${place}: not told of`] : [];
  });
}

function isClosed({ hardened }: PreviewedPod, wanted: string): boolean {
  return mountsOf(hardened.spec).some(({ place, readOnly }) => place === wanted && readOnly === true);
}

function isTold({ decisions }: PreviewedPod, wanted: string): boolean {
  const { id, notes } = controlOf('hostPathReadOnly');
  return decisions.some(
    ({ target, control, reason, notes: told }) =>
      target === wanted &&
      control === id &&
      (reason === 'explicitlyWritable' || told.includes(notes['keptWritable'] ?? '')),
  );
}

/** Each mount, the container that has it, and both in one name. */
function mountsOf(spec: Pod['spec']) {
  return containerLists.flatMap((list) =>
    (spec[list] ?? []).flatMap(({ name, volumeMounts }) =>
      (volumeMounts ?? []).map(({ mountPath, readOnly }) => {
        const target = `${list}/${name}`;
        return { target, place: `${target} ${mountPath}`, readOnly };
      }),
    ),
  );
}
