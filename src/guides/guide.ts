import type { ControlId } from '../controls/index.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import type { NetworkPolicy } from './networkPolicy.js';

/** A security guide, item by item: data, from which the checklist and its page in docs are made. */
export interface Guide {
  /** What `--guide` takes; also the page's name. */
  readonly id: string;
  readonly title: string;
  /** Where it is published, with its version or date. */
  readonly source: string;
  /** What to know of this list: what was left out, whose the numbers are. */
  readonly remark: string;
  readonly items: readonly GuideItem[];
}

/** One thing that a guide asks for, in our own words. */
export type GuideItem = JudgedItem | OutsideItem;

interface Item {
  /** Its number in the guide. */
  readonly id: string;
  /** The guide's section that it stands in. */
  readonly section: string;
  /** What is as it should be, as half a sentence: `requests and limits for CPU and memory`. */
  readonly asks: string;
  /** What the guide asks it for. */
  readonly why: string;
}

/** One that a pod answers. */
export interface JudgedItem extends Item {
  /** The controls that decide it: all of them have to be content. */
  readonly controls?: readonly Mapping[];
  /** What decides it where no control does, or not alone. */
  readonly question?: Question;
}

/** One that no pod answers. */
export interface OutsideItem extends Item {
  /** Where to look instead. */
  readonly outside: string;
}

/** A control, or of an advisory one only what it finds by some codes. */
export type Mapping = ControlId | { readonly control: ControlId; readonly codes: readonly string[] };

/** What stands in the way of an item in this pod: nothing, where the pod is as the guide asks. Pure. */
export type Question = (pod: Pod, surroundings: Surroundings) => readonly Place[];

/** What is known besides the pod. */
export interface Surroundings {
  readonly namespace: NamespaceFacts;
  /** Those of the same namespace among the manifests. */
  readonly networkPolicies: readonly NetworkPolicy[];
}

/** Where something stands that an item is about. */
export interface Place {
  /** The containers, such as `containers/app`; none where it is the whole pod. */
  readonly targets: readonly string[];
  /** From the pod's root: `spec.nodeSelector`. */
  readonly field: string;
  readonly found: string;
  /** What to write there. */
  readonly write: string;
  /** Why hardening did not. */
  readonly reason?: string;
}
