import type { Context, Known } from '../controls/kit/context.js';
import type { Change, Decision } from '../controls/kit/decision.js';
import { isPrivileged, isWindows } from '../controls/kit/security.js';
import type { Container, ContainerList, NamespaceFacts, Pod, PodSpec, Volume } from '../kubernetes.js';
import type { Plan, PlannedControl } from '../policy/plan.js';
import { combine, type Tree } from './merge.js';
import type { EngineSkip, Finding } from './report.js';
import type { Wish } from './wishes.js';

const skips = {
  windows: { kind: 'skip', reason: 'windows' },
  privileged: { kind: 'skip', reason: 'privileged' },
  optedOut: { kind: 'skip', reason: 'optedOut' },
} as const satisfies Partial<Record<EngineSkip, Decision>>;

function imageCannot(reason: string): Decision {
  return { kind: 'skip', reason: 'imageCannot', ...(reason !== '' && { detail: reason }) };
}

/** Asks every control about one pod, and keeps the record. */
export class Hearing {
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
    const { nonRoot, removesToken, controls, known } = plan;
    this.#pod = pod;
    this.#known = rememberLast(known);
    this.#controls = controls;
    this.#windows = isWindows(pod);
    this.#withUser = { pod, facts, windows: this.#windows, known: this.#known, nonRoot, removesToken };
    this.#withoutUser = {
      pod,
      facts,
      windows: this.#windows,
      known: this.#known,
      nonRoot: undefined,
      removesToken,
    };
    for (const control of controls) {
      const { bound } = control;
      this.#surveys.push(bound.scope === 'container' ? bound.survey?.(this.#contextOf(control)) : undefined);
    }
  }

  askAboutContainers(list: ContainerList, wishes: Wish[]): void {
    const containers = this.#pod.spec[list];
    if (containers == null) return;
    let index = 0;
    for (const container of containers) this.#askAboutContainer(list, index++, container, wishes);
  }

  askAboutNewcomers(existing: ReadonlySet<string>, wishes: Wish[]): void {
    const list = 'ephemeralContainers';
    for (const [index, container] of (this.#pod.spec[list] ?? []).entries()) {
      if (!existing.has(container.name)) this.#askAboutContainer(list, index, container, wishes);
    }
  }

  #askAboutContainer(
    list: ContainerList | 'ephemeralContainers',
    index: number,
    container: Container,
    wishes: Wish[],
  ): void {
    const target = `${list}/${container.name}`;
    const isPrivilegedContainer = isPrivileged(container.securityContext);
    const { cannot } = this.#known(container);
    for (const id in cannot) this.#cannot[id] = cannot[id] ?? '';
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
    if (sets.length > 0) wishes.push({ list, index, target: container, wanted: combine(sets), own, items });
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

/** Most controls ask, about one container after the other. */
function rememberLast(known: Context['known']): Context['known'] {
  let last: Container | undefined;
  let ofLast: Known | undefined;
  return (container) => {
    if (container !== last || ofLast === undefined) [last, ofLast] = [container, known(container)];
    return ofLast;
  };
}

function join(tree: Tree | undefined, more: object): Tree {
  return tree === undefined ? (more as Tree) : combine([tree, more as Tree]);
}
