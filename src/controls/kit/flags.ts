import type { Container, ContainerList } from '../../kubernetes.js';
import { shorten } from '../../shorten.js';
import type { Decision } from './decision.js';

/** Something in a pod that no patch can mend: a person has to. */
export interface Flag<Code extends string = string> {
  readonly code: Code;
  /** Where it stands, from the pod's root: `spec.volumes[2].hostPath.path`. */
  readonly field: string;
  /** What stands there. */
  readonly found: string;
  /** The containers concerned, such as `containers/app`; none where it is the whole pod. */
  readonly targets: readonly string[];
  /** What the code cannot say of this one. */
  readonly detail?: string;
  /** What to write instead. */
  readonly write: string;
}

type AnyContainerList = ContainerList | 'ephemeralContainers';

/** A flag whose field is one of the container that is being looked at. */
type ContainerFlag<Code extends string> = Omit<Flag<Code>, 'targets'>;

/** Findings of one control in one pod that are told one by one: a pod may be made of nothing else. */
const maxFlags = 100;
/** Longest quotation of what was found, in UTF-16 units. */
const maxFound = 200;

const nothingFound = { kind: 'keep' } as const;

/** Collects what an advisory control finds in a pod. Most find nothing in most pods, which must cost next to nothing:
 *  so one of these serves all pods, one after the other, and no flag is made before it is needed. */
export class Flags<Code extends string = string> {
  #flags: Flag<Code>[] = [];
  #more = 0;
  #list: AnyContainerList = 'containers';
  #index = 0;
  #container: Container | undefined;

  /** Forgets what was found before. */
  begin(): void {
    if (this.#flags.length > 0) this.#flags = [];
    this.#more = 0;
  }

  /** The container that is looked at from now on. */
  enter(list: AnyContainerList, index: number, container: Container): void {
    this.#list = list;
    this.#index = index;
    this.#container = container;
  }

  add(make: () => Flag<Code>): void {
    if (this.#flags.length >= maxFlags) this.#more++;
    else {
      const flag = make();
      this.#flags.push({ ...flag, found: shorten(flag.found, maxFound) });
    }
  }

  /** A field of the container that is looked at, by its path from there. */
  addHere(make: () => ContainerFlag<Code>): void {
    this.add(() => {
      const flag = make();
      const field = `spec.${this.#list}[${this.#index}].${flag.field}`;
      return { ...flag, field, targets: [targetOf(this.#list, this.#container)] };
    });
  }

  decision(): Decision<never, never, never> {
    if (this.#flags.length === 0) return nothingFound;
    return { kind: 'flag', flags: this.#flags, more: this.#more };
  }
}

/** A container as findings name it. */
export function targetOf(list: AnyContainerList, container: Container | undefined): string {
  return `${list}/${container?.name ?? ''}`;
}
