import type { Operation } from 'fast-json-patch';
import type { Change, Context, Decision } from '../controls/kit/define.js';
import { isPrivileged, isWindows } from '../controls/kit/security.js';
import { allContainers } from '../controls/kit/user.js';
import {
  annotationKeys,
  type Container,
  type ContainerList,
  containerLists,
  type NamespaceFacts,
  type Pod,
  type PodSpec,
  type Volume,
} from '../kubernetes.js';
import type { Plan, PlannedControl } from '../policy/plan.js';
import { type Mark, markOf } from './mark.js';
import { addOperations, combine, filled, type Tree } from './merge.js';
import type { EngineSkip, Finding, Report } from './report.js';

const skips = {
  windows: { kind: 'skip', reason: 'windows' },
  privileged: { kind: 'skip', reason: 'privileged' },
  optedOut: { kind: 'skip', reason: 'optedOut' },
  imageCannot: { kind: 'skip', reason: 'imageCannot' },
} as const satisfies Record<EngineSkip, Decision>;

const noRoomForMark = {
  code: 'noRoomForMark',
  text: `no room for the annotation ${annotationKeys.hardened}: annotations may hold 256 KiB in all`,
};

/** Hardens one pod as the plan says: every decision with its reason, the hardened pod, and the patch that leads
 *  there. Pure; `pod` is not touched, and the hardened pod shares with it all that no control changed. */
export function harden(pod: Pod, plan: Plan, facts: NamespaceFacts): Report {
  const { policy, mode, exemption, notices } = plan;
  if (exemption !== undefined) {
    return { policy, mode, exemption, notices, findings: [], changed: [], hardened: pod, patch: [] };
  }
  const hearing = new Hearing(pod, plan, facts);
  const wishes: Wish[] = [];
  for (const list of containerLists) hearing.askAboutContainers(list, wishes);
  hearing.askAboutPod(wishes);
  return report(pod, plan, hearing, wishes);
}

/** What the controls want of one object below the pod. */
interface Wish {
  readonly list: ContainerList | undefined;
  readonly index: number;
  readonly target: Tree;
  readonly wanted: Tree;
  /** What only this object gets. */
  readonly own: Tree | undefined;
}

/** Asks every control about one pod, and keeps the record. */
class Hearing {
  readonly findings: Finding[] = [];
  readonly changed = new Set<string>();
  readonly #pod: Pod;
  readonly #controls: readonly PlannedControl[];
  readonly #withUser: Context;
  readonly #withoutUser: Context;
  readonly #surveys: unknown[] = [];
  readonly #windows: boolean;
  readonly #known: Context['known'];
  readonly #volumes = new Map<string, Volume>();

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
      const [sets, own] = this.#askAboutContainer(container, `${list}/${container.name}`);
      if (sets.length > 0) {
        wishes.push({ list, index, target: container, wanted: combine(sets), own });
      }
    }
  }

  #askAboutContainer(container: Container, target: string): [sets: Tree[], own: Tree | undefined] {
    const isPrivilegedContainer = isPrivileged(container.securityContext);
    const { cannot } = this.#known(container);
    const sets: Tree[] = [];
    let own: Tree | undefined;
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
      if (decision.own !== undefined)
        own = own === undefined ? (decision.own as Tree) : combine([own, decision.own as Tree]);
    }
    return [sets, own];
  }

  askAboutPod(wishes: Wish[]): void {
    const { spec } = this.#pod;
    const sets: Tree[] = [];
    const cannot = allContainers(spec).flatMap((container) => this.#known(container).cannot);
    for (const control of this.#controls) {
      const { bound } = control;
      if (bound.scope !== 'pod') continue;
      const decision = this.#skipOf(control, false, cannot) ?? bound.decide(spec, this.#contextOf(control));
      if (this.#record(control, 'pod', decision)) sets.push(decision.set as Tree);
    }
    for (const { name } of spec.volumes ?? []) this.#volumes.delete(name);
    if (this.#volumes.size > 0) sets.push({ volumes: [...this.#volumes.values()] });
    if (sets.length > 0) {
      wishes.push({
        list: undefined,
        index: 0,
        target: spec,
        wanted: combine(sets),
        own: undefined,
      });
    }
  }

  #skipOf(
    { id, optedOut, os }: PlannedControl,
    isPrivilegedContainer: boolean,
    cannot: readonly string[],
  ): Decision | undefined {
    if (optedOut) return skips.optedOut;
    if (isPrivilegedContainer) return skips.privileged;
    if (this.#windows && os === 'linux') return skips.windows;
    return cannot.includes(id) ? skips.imageCannot : undefined;
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
    return true;
  }
}

function report(pod: Pod, plan: Plan, { findings, changed }: Hearing, wishes: readonly Wish[]): Report {
  const { policy, mode, controls } = plan;
  const patch: Operation[] = [];
  for (const { list, index, target, wanted, own } of wishes) {
    const pointer = list === undefined ? '/spec' : `/spec/${list}/${index}`;
    addOperations(target, wanted, pointer, patch);
    if (own !== undefined) addOperations(target, own, pointer, patch);
  }
  const ids: string[] = [];
  for (const { id } of controls) if (changed.has(id)) ids.push(id);
  const mark = ids.length === 0 ? undefined : markOf(pod.metadata, policy, ids);
  if (mark !== undefined) patch.push(mark.operation);
  const notices = ids.length > 0 && mark === undefined ? [...plan.notices, noRoomForMark] : plan.notices;
  let hardened: Pod | undefined;
  return {
    policy,
    mode,
    exemption: undefined,
    notices,
    findings,
    changed: ids,
    patch,
    // The admission path answers with the patch and never looks at it.
    get hardened() {
      return (hardened ??= grant(pod, wishes, mark));
    },
  };
}

const noTree: Tree = {};

/** The pod with all wishes granted, sharing with it all that no wish touches. */
function grant(pod: Pod, wishes: readonly Wish[], mark: Mark | undefined): Pod {
  let spec = pod.spec as unknown as Tree;
  for (const { list, index, target, wanted, own = noTree } of wishes) {
    if (list === undefined) {
      spec = filled(spec, wanted);
    } else {
      const containers = [...(spec[list] as unknown[])];
      containers[index] = filled(filled(target, wanted), own);
      spec = { ...spec, [list]: containers };
    }
  }
  return { ...pod, ...(mark && { metadata: mark.metadata() }), spec: spec as unknown as PodSpec };
}
