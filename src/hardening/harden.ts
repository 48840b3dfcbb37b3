import {
  annotationKeys,
  containerLists,
  type Metadata,
  type NamespaceFacts,
  type Pod,
  type PodSpec,
  type Volume,
} from '../kubernetes.js';
import type { Notice } from '../policy/notices.js';
import type { Plan } from '../policy/plan.js';
import { HardeningReport } from './hardeningReport.js';
import { Hearing } from './hearing.js';
import { markOf } from './mark.js';
import { removeVolumeOperations } from './removal.js';
import { type Exemption, exemptions, maxContainers, type Report } from './report.js';
import { grant, operationsOf, type Wish } from './wishes.js';

const noRoomForMark: Notice = {
  code: 'noRoomForMark',
  text: `no room for the annotation ${annotationKeys.hardened}: annotations may hold 256 KiB in all`,
};

/** Hardens one pod as the plan says: every decision with its reason, the hardened pod, and the patch that leads
 *  there. Pure; `pod` is not touched, and the hardened pod shares with it all that no control changed. */
export function harden(
  pod: Pod,
  plan: Plan,
  facts: NamespaceFacts,
  expected: Expected = nothingExpected,
): Report {
  if (plan.exemption !== undefined) return leave(pod, plan, plan.exemption);
  if (hasTooManyContainers(pod.spec)) return leaveAlone(pod, plan, 'tooManyContainers');
  const hearing = new Hearing(expected === nothingExpected ? pod : asMade(pod, expected), plan, facts);
  const wishes: Wish[] = [];
  for (const list of containerLists) hearing.askAboutContainers(list, wishes);
  hearing.askAboutPod(pod.spec, wishes);
  return report(pod, plan, hearing, wishes);
}

/** The report on a pod that is left as it is, for its own sake, which is told. */
export function leaveAlone(pod: Pod, plan: Plan, code: 'tooManyContainers' | 'nearlyTooLarge'): Report {
  return leave(pod, plan, code, { code, text: `not hardened: ${exemptions[code]}` });
}

function leave(pod: Pod, { policy, mode, notices }: Plan, exemption: Exemption, ...more: Notice[]): Report {
  const none = { findings: [], changed: [], patch: [], hardened: pod };
  return { policy, mode, exemption, notices: [...notices, ...more], ...none };
}

function hasTooManyContainers({ initContainers, containers }: PodSpec): boolean {
  return (initContainers?.length ?? 0) + containers.length > maxContainers;
}

/** Hardens the ephemeral containers that a running pod is given: those of `pod` that are not among `existing`, by
 *  name. The others, the rest of the pod and its annotations can no longer change. `plan` is one for ephemeral containers. */
export function hardenEphemeral(
  pod: Pod,
  existing: ReadonlySet<string>,
  plan: Plan,
  facts: NamespaceFacts,
): Report {
  if (plan.exemption !== undefined) return leave(pod, plan, plan.exemption);
  const hearing = new Hearing(pod, plan, facts);
  const wishes: Wish[] = [];
  hearing.askAboutNewcomers(existing, wishes);
  const { findings } = hearing;
  const { notices } = plan;
  const found = { findings, notices, changed: changedControls(plan, hearing), patch: operationsOf(wishes) };
  return new HardeningReport(plan, found, () => grant(pod, wishes, [], undefined));
}

/** What a pod template lacks and its pods will have: controls see it, the hardened pod and the patch do not hold it. */
export interface Expected {
  /** Such as a StatefulSet's claims; they take the place of those with the same names. */
  readonly volumes: readonly Volume[];
  readonly ownerReferences: Metadata['ownerReferences'];
}

export const nothingExpected: Expected = { volumes: [], ownerReferences: undefined };

/** The pod as a controller makes it from a template. */
export function asMade(pod: Pod, { volumes, ownerReferences }: Expected): Pod {
  const claims = new Map(volumes.map((volume) => [volume.name, volume]));
  // In their places: what is found in a volume is told by its index in the template.
  const own = pod.spec.volumes?.map((volume) => claims.get(volume.name) ?? volume) ?? [];
  const names = new Set(own.map(({ name }) => name));
  const added = volumes.filter(({ name }) => !names.has(name));
  return {
    metadata: { ...pod.metadata, ...(ownerReferences && { ownerReferences }) },
    spec: volumes.length === 0 ? pod.spec : { ...pod.spec, volumes: [...own, ...added] },
  };
}

function report(pod: Pod, plan: Plan, hearing: Hearing, wishes: readonly Wish[]): Report {
  const { findings, removed } = hearing;
  const patch = operationsOf(wishes);
  for (const volume of removed) removeVolumeOperations(pod.spec, volume, patch);
  const changed = changedControls(plan, hearing);
  const mark = changed.length === 0 ? undefined : markOf(pod.metadata, plan.policy, changed);
  if (mark !== undefined) patch.push(mark.operation);
  const notices = changed.length > 0 && mark === undefined ? [...plan.notices, noRoomForMark] : plan.notices;
  return new HardeningReport(plan, { findings, notices, changed, patch }, () =>
    grant(pod, wishes, removed, mark),
  );
}

/** In the order of the plan. */
function changedControls({ controls }: Plan, { changed }: Hearing): string[] {
  const ids: string[] = [];
  for (const { id } of controls) if (changed.has(id)) ids.push(id);
  return ids;
}
