import type { Operation } from 'fast-json-patch';
import type { Change, Context, Decision } from '../controls/kit/define.js';
import { isPrivileged, isWindows } from '../controls/kit/security.js';
import {
  annotationKeys,
  type Container,
  type ContainerList,
  containerLists,
  type Metadata,
  type NamespaceFacts,
  type Pod,
  type PodSpec,
  type Volume,
} from '../kubernetes.js';
import type { Notice } from '../policy/notices.js';
import type { NamespaceMode, Plan, PlannedControl } from '../policy/plan.js';
import { type Mark, markOf } from './mark.js';
import { addItemOperations, addOperations, combine, filled, type Tree, withItemsFilled } from './merge.js';
import { removeVolumeOperations, withoutVolume } from './removal.js';
import {
  type EngineSkip,
  type Exemption,
  exemptions,
  type Finding,
  maxContainers,
  type Report,
} from './report.js';

const skips = {
  windows: { kind: 'skip', reason: 'windows' },
  privileged: { kind: 'skip', reason: 'privileged' },
  optedOut: { kind: 'skip', reason: 'optedOut' },
} as const satisfies Partial<Record<EngineSkip, Decision>>;

function imageCannot(reason: string): Decision {
  return { kind: 'skip', reason: 'imageCannot', ...(reason !== '' && { detail: reason }) };
}

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
function asMade(pod: Pod, { volumes, ownerReferences }: Expected): Pod {
  const names = new Set(volumes.map(({ name }) => name));
  const others = pod.spec.volumes?.filter(({ name }) => !names.has(name)) ?? [];
  return {
    metadata: { ...pod.metadata, ...(ownerReferences && { ownerReferences }) },
    spec: volumes.length === 0 ? pod.spec : { ...pod.spec, volumes: [...others, ...volumes] },
  };
}

/** What the controls want of one object below the pod. */
interface Wish {
  readonly list: ContainerList | 'ephemeralContainers' | undefined;
  readonly index: number;
  readonly target: Tree;
  readonly wanted: Tree;
  /** What only this object gets. */
  readonly own: Tree | undefined;
  /** What is filled in items of its lists. */
  readonly items: Tree | undefined;
}

interface ContainerWishes {
  readonly sets: readonly Tree[];
  readonly own: Tree | undefined;
  readonly items: Tree | undefined;
}

/** Asks every control about one pod, and keeps the record. */
class Hearing {
  readonly findings: Finding[] = [];
  readonly changed = new Set<string>();
  /** Names of volumes that go. */
  readonly removed: string[] = [];
  readonly #pod: Pod;
  readonly #controls: readonly PlannedControl[];
  readonly #withUser: Context;
  readonly #withoutUser: Context;
  readonly #surveys: unknown[] = [];
  readonly #windows: boolean;
  readonly #known: Context['known'];
  readonly #volumes = new Map<string, Volume>();
  /** What the images of the containers that were asked about cannot run under, all together. */
  readonly #cannot: Record<string, string> = {};

  constructor(pod: Pod, plan: Plan, facts: NamespaceFacts) {
    const { nonRoot, controls, known } = plan;
    this.#pod = pod;
    this.#known = known;
    this.#controls = controls;
    this.#windows = isWindows(pod);
    this.#withUser = { pod, facts, windows: this.#windows, known, nonRoot };
    this.#withoutUser = { pod, facts, windows: this.#windows, known, nonRoot: undefined };
    for (const control of controls) {
      const { bound } = control;
      this.#surveys.push(bound.scope === 'container' ? bound.survey?.(this.#contextOf(control)) : undefined);
    }
  }

  askAboutContainers(list: ContainerList, wishes: Wish[]): void {
    const containers = this.#pod.spec[list];
    if (containers == null) return;
    for (const [index, container] of containers.entries()) {
      const { sets, own, items } = this.#askAboutContainer(container, `${list}/${container.name}`);
      if (sets.length > 0) {
        wishes.push({ list, index, target: container, wanted: combine(sets), own, items });
      }
    }
  }

  askAboutNewcomers(existing: ReadonlySet<string>, wishes: Wish[]): void {
    const list = 'ephemeralContainers';
    for (const [index, container] of (this.#pod.spec[list] ?? []).entries()) {
      if (existing.has(container.name)) continue;
      const { sets, own, items } = this.#askAboutContainer(container, `${list}/${container.name}`);
      if (sets.length > 0) wishes.push({ list, index, target: container, wanted: combine(sets), own, items });
    }
  }

  #askAboutContainer(container: Container, target: string): ContainerWishes {
    const isPrivilegedContainer = isPrivileged(container.securityContext);
    const { cannot } = this.#known(container);
    Object.assign(this.#cannot, cannot);
    const sets: Tree[] = [];
    let own: Tree | undefined;
    let items: Tree | undefined;
    let position = 0;
    for (const control of this.#controls) {
      const survey = this.#surveys[position++];
      const { bound } = control;
      if (bound.scope !== 'container') continue;
      const decision =
        this.#skipOf(control, isPrivilegedContainer, cannot) ??
        bound.decide(container, this.#contextOf(control), survey);
      if (!this.#record(control, target, decision)) continue;
      sets.push(decision.set as Tree);
      if (decision.own !== undefined) own = join(own, decision.own);
      if (decision.items !== undefined) items = join(items, decision.items);
    }
    return { sets, own, items };
  }

  askAboutPod(target: PodSpec, wishes: Wish[]): void {
    const { spec } = this.#pod;
    const sets: Tree[] = [];
    for (const control of this.#controls) {
      const { bound } = control;
      if (bound.scope !== 'pod') continue;
      const decision =
        this.#skipOf(control, false, this.#cannot) ?? bound.decide(spec, this.#contextOf(control));
      if (this.#record(control, 'pod', decision)) sets.push(decision.set as Tree);
    }
    for (const { name } of spec.volumes ?? []) this.#volumes.delete(name);
    if (this.#volumes.size > 0) sets.push({ volumes: [...this.#volumes.values()] });
    if (sets.length > 0) {
      wishes.push({
        list: undefined,
        index: 0,
        target,
        wanted: combine(sets),
        own: undefined,
        items: undefined,
      });
    }
  }

  #skipOf(
    { id, optedOut, os }: PlannedControl,
    isPrivilegedContainer: boolean,
    cannot: Readonly<Record<string, string>>,
  ): Decision | undefined {
    if (optedOut) return skips.optedOut;
    if (isPrivilegedContainer) return skips.privileged;
    if (this.#windows && os === 'linux') return skips.windows;
    const reason = cannot[id];
    return reason === undefined ? undefined : imageCannot(reason);
  }

  #contextOf({ seesNonRoot }: PlannedControl): Context {
    return seesNonRoot ? this.#withUser : this.#withoutUser;
  }

  /** Puts the decision on record; whether it is a change that is to be made. */
  #record({ id, mode }: PlannedControl, target: string, decision: Decision): decision is Change {
    this.findings.push({ control: id, target, mode, decision });
    if (decision.kind !== 'change' || mode !== 'enforce') return false;
    this.changed.add(id);
    if (decision.volumes !== undefined) {
      for (const volume of decision.volumes) this.#volumes.set(volume.name, volume);
    }
    if (decision.withoutVolume !== undefined) this.removed.push(decision.withoutVolume);
    return true;
  }
}

function join(tree: Tree | undefined, more: object): Tree {
  return tree === undefined ? (more as Tree) : combine([tree, more as Tree]);
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

function operationsOf(wishes: readonly Wish[]): Operation[] {
  const patch: Operation[] = [];
  for (const { list, index, target, wanted, own, items } of wishes) {
    const pointer = list === undefined ? '/spec' : `/spec/${list}/${index}`;
    addOperations(target, wanted, pointer, patch);
    if (own !== undefined) addOperations(target, own, pointer, patch);
    if (items !== undefined) addItemOperations(target, items, pointer, patch);
  }
  return patch;
}

/** In the order of the plan. */
function changedControls({ controls }: Plan, { changed }: Hearing): string[] {
  const ids: string[] = [];
  for (const { id } of controls) if (changed.has(id)) ids.push(id);
  return ids;
}

/** A class, because a getter in an object literal gives V8 a new shape for each report, which outlives it. */
class HardeningReport implements Report {
  readonly policy: string;
  readonly mode: NamespaceMode;
  readonly exemption = undefined;
  readonly findings: readonly Finding[];
  readonly notices: readonly Notice[];
  readonly changed: readonly string[];
  readonly patch: readonly Operation[];
  readonly #grant: () => Pod;
  #hardened: Pod | undefined;

  constructor(
    { policy, mode }: Plan,
    { findings, notices, changed, patch }: Pick<Report, 'findings' | 'notices' | 'changed' | 'patch'>,
    grantWishes: () => Pod,
  ) {
    this.policy = policy;
    this.mode = mode;
    this.findings = findings;
    this.notices = notices;
    this.changed = changed;
    this.patch = patch;
    this.#grant = grantWishes;
  }

  /** Worked out when first asked for: the admission path answers with the patch and never looks at it. */
  get hardened(): Pod {
    return (this.#hardened ??= this.#grant());
  }
}

const noTree: Tree = {};

/** The pod with all wishes granted, sharing with it all that no wish touches. */
function grant(pod: Pod, wishes: readonly Wish[], removed: readonly string[], mark: Mark | undefined): Pod {
  let spec = pod.spec as unknown as Tree;
  const copied = new Set<Wish['list']>();
  for (const { list, index, target, wanted, own = noTree, items = noTree } of wishes) {
    if (list === undefined) spec = filled(spec, wanted);
    else {
      // Once, not once a container.
      if (!copied.has(list)) spec = { ...spec, [list]: [...(spec[list] as unknown[])] };
      copied.add(list);
      (spec[list] as unknown[])[index] = withItemsFilled(filled(filled(target, wanted), own), items);
    }
  }
  const kept = removed.reduce(withoutVolume, spec as unknown as PodSpec);
  return { ...pod, ...(mark && { metadata: mark.metadata() }), spec: kept };
}
