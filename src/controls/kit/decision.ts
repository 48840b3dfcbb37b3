import type { PodSpec } from '../../kubernetes.js';
import type { Flag } from './flags.js';
import { deepFreeze } from './freeze.js';

/** A part of `T`, as deep as wished. A list holds the items to append to the workload's own. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** Fields to fill in items that a target's own lists hold, by the name of the list and the index of the item. */
export type ItemFields<T> = {
  readonly [Key in keyof T]?: NonNullable<T[Key]> extends readonly (infer Item)[]
    ? Readonly<Record<number, DeepPartial<Item>>>
    : never;
};

/** What a control says of one target. */
export type Decision<Target = object, Skip extends string = string, Note extends string = string> =
  | Change<Target, Note, Skip>
  | { readonly kind: 'keep'; readonly notes?: readonly Note[] }
  | { readonly kind: 'skip'; readonly reason: Skip; readonly detail?: string }
  | Flagged;

/** What no patch can mend, found by an advisory control. */
export interface Flagged {
  readonly kind: 'flag';
  readonly flags: readonly Flag[];
  /** How many more there are than anybody is told of one by one. */
  readonly more: number;
}

/** Fields to fill, never one that the workload has set. */
export interface Change<Target = object, Note extends string = string, Skip extends string = string> {
  readonly kind: 'change';
  readonly set: DeepPartial<Target>;
  /** The part that differs from one container to the next, apart from `set`, which many can then share. */
  readonly own?: DeepPartial<Target>;
  /** What is filled in items of the target's own lists: `set` and `own` only append to a list. */
  readonly items?: ItemFields<Target>;
  /** What the pod must hold for it: volumes of one name are added once, whoever asks for them. */
  readonly volumes?: PodSpec['volumes'];
  /** Name of a volume that goes, with every mount of it: nothing that a workload chose, but what the API server has
   *  just put there by itself. */
  readonly withoutVolume?: string;
  /** What is worth saying besides: codes of the control's `notes`. */
  readonly notes?: readonly Note[];
  /** By the code of a note, where what it says comes from. */
  readonly sources?: Readonly<Partial<Record<Note, string>>>;
  /** What could not be filled beside them. */
  readonly leftOut?: readonly LeftOut<Skip>[];
}

/** A part of what a control would fill, and why it could not. */
export interface LeftOut<Skip extends string = string> {
  /** Its path below the control, such as `limits.memory`. */
  readonly part: string;
  readonly reason: Skip;
  readonly detail?: string;
}

/** Fields to fill. */
export function change<Target, Note extends string = never, Skip extends string = never>(
  set: DeepPartial<Target>,
  more: Omit<Change<Target, Note, Skip>, 'kind' | 'set'> = nothingMore,
): Change<Target, Note, Skip> {
  return { kind: 'change', set, ...more };
}

const nothingMore = {};

/** A change that is the same for many pods: frozen, so that the engine may share what it makes of it. */
export function constantChange<Target, Note extends string = never>(
  set: DeepPartial<Target>,
  more: Omit<Change<Target, Note, never>, 'kind' | 'set'> = nothingMore,
): Change<Target, Note, never> {
  return deepFreeze(change(set, more));
}

/** A note on a change, and where what it says comes from. */
export function noteWithSource<Note extends string>(note: Note, source: string | undefined) {
  return { notes: [note], sources: sourcesOf([note, source]) };
}

/** By the code of a note, where what it says comes from; notes without a source are left out. */
export function sourcesOf<Note extends string>(
  ...sources: readonly (readonly [note: Note, source: string | undefined])[]
): Partial<Record<Note, string>> {
  return Object.fromEntries(sources.filter(([, source]) => source !== undefined)) as Partial<
    Record<Note, string>
  >;
}

const kept = { kind: 'keep' } as const;

/** Already as hard as the control would make it. */
export function keep<Note extends string = never>(...notes: Note[]): Decision<never, never, Note> {
  return notes.length === 0 ? kept : { kind: 'keep', notes };
}

/** Could not, or must not; `detail` names what stood in the way, where the sentence cannot. */
export function skip<Skip extends string>(reason: Skip, detail?: string): Decision<never, Skip, never> {
  return detail === undefined ? { kind: 'skip', reason } : { kind: 'skip', reason, detail };
}
