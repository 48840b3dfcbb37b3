import type { Known } from '../../controls/kit/context.js';
import type { Change } from '../../controls/kit/decision.js';
import type { Container, ContainerList, NamespaceFacts, Pod } from '../../kubernetes.js';

/** One thing that is likely to break once a pod is hardened, seen from the pod alone: data and a pure look. */
export interface Advisor {
  /** Also the file's name, the fixtures' folder, and what the report names. */
  readonly id: string;
  /** What it looks for, one sentence. */
  readonly summary: string;
  /** Where it is known from. */
  readonly source: string;
  /** What is likely to break in this container: nothing, for most. */
  readonly look: (subject: Subject) => readonly Hint[];
}

/** What is likely to break, and the line that avoids it. */
export interface Hint {
  /** From the container, or from the pod's root where it begins with `spec.`. */
  readonly field: string;
  readonly says: string;
  readonly write: string;
}

/** A hint with whose it is and where it belongs. */
export interface Advice extends Hint, Pick<Advisor, 'summary' | 'source'> {
  readonly advisor: string;
  /** The container: `containers/app`. */
  readonly target: string;
}

/** One container, and what hardening does to it. */
export interface Subject {
  readonly container: Container;
  readonly list: ContainerList;
  /** As its controller makes it: with the volumes of a StatefulSet's claims. */
  readonly pod: Pod;
  readonly known: Known;
  readonly namespace: NamespaceFacts;
  /** What the control fills in this container; undefined where it leaves it alone. */
  readonly change: (control: string) => Change | undefined;
  /** What the control fills in the pod. */
  readonly podChange: (control: string) => Change | undefined;
}

/** Nothing is likely to break. */
export const silent: readonly Hint[] = [];
