import type { z } from 'zod';
import type { ImageFacts } from '../../images/record.js';
import type { Container, NamespaceFacts, Pod, PodSpec } from '../../kubernetes.js';
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

/** What policy, image catalogue and the pod's own annotations say of one container. */
export interface Known {
  /** User ID that fits the image or that the pod asked for. */
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  readonly writablePaths: readonly string[];
  /** Paths for data, which may come to any amount. */
  readonly dataPaths: readonly string[];
  /** Paths with image content, which an empty volume would hide. */
  readonly neverMount: readonly string[];
  readonly keepCapabilities: readonly string[];
  /** Ports below 1024 that the image listens on. */
  readonly lowPorts: readonly number[];
  /** Whether its entrypoint, as root, needs capabilities to change owners and step down. */
  readonly stepsDown: boolean;
  /** Controls that the image cannot run under, each with the reason, or an empty text where there is none. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Where each of these comes from. */
  readonly sources: Readonly<Partial<Record<KnownFact, string>>>;
  /** The record of the shipped catalogue. */
  readonly image: KnownImage | undefined;
}

/** A fact whose source is told. */
export type KnownFact =
  'runAsUser' | 'fsGroup' | 'writablePaths' | 'dataPaths' | 'keepCapabilities' | 'lowPorts';

/** What the shipped catalogue knows of an image. */
export interface KnownImage {
  /** The name it goes by, spelt in full. */
  readonly repository: string;
  readonly facts: ImageFacts;
  /** Where the facts were read. */
  readonly sources: readonly string[];
}

/** What runAsNonRoot does on a pod; `runAsUser` is absent where the platform picks the user ID (OpenShift). */
export interface NonRootIntent {
  readonly runAsUser: number | undefined;
}

/** What a control may know besides the object it looks at. */
export interface Context {
  readonly pod: Pod;
  readonly facts: NamespaceFacts;
  /** Whether the pod is for Windows, where most fields are refused. */
  readonly windows: boolean;
  /** Undefined where runAsNonRoot does not run on this pod, or in a weaker mode than the asking control. */
  readonly nonRoot: NonRootIntent | undefined;
  /** Whether serviceAccountToken is to take the token out of this pod, where it can. */
  readonly removesToken: boolean;
  readonly known: (container: Container) => Known;
}

/** What may become of a control's decisions. */
export const controlModes = ['off', 'audit', 'warn', 'enforce'] as const;
export type MutatingMode = (typeof controlModes)[number];

/** The same for a control that has nothing to enforce, but may have a pod refused. */
export const advisoryModes = ['off', 'audit', 'warn', 'deny'] as const;
export type ControlMode = MutatingMode | (typeof advisoryModes)[number];

/** How bad it is that something was found: `high` where it leads to the node or the cluster. */
export type Severity = 'high' | 'medium' | 'low';

/** What a code of a finding stands for. */
export interface FlagDocs {
  readonly severity: Severity;
  readonly means: string;
}

interface ControlDocs {
  /** What it does, one sentence. */
  readonly summary: string;
  readonly why: string;
  /** What the change may break: the control's own, or the one that an advisory control asks for. */
  readonly mayBreak: string;
  /** What to write to keep the control and still run, or nothing where only the opt-out helps. Of an advisory control:
   *  what to write to mend what it finds. */
  readonly remedy?: string;
  readonly source: string;
}

export interface ControlSpec<
  Id extends string,
  Options extends z.ZodObject,
  Skip extends string,
  Note extends string,
> {
  /** The API field's spelling: also file name, policy key, fixture folder, metric label, docs anchor. */
  readonly id: Id;
  /** Pod Security Standards level that asks for it, or `extra` for ours beyond them. */
  readonly level: 'baseline' | 'restricted' | 'extra';
  /** `linux`: the engine skips it on Windows pods, whose API rejects the field. */
  readonly os: 'linux' | 'any';
  readonly defaultMode: ControlMode;
  readonly docs: ControlDocs;
  /** The fields it may write, from the pod's root. */
  readonly writes: readonly string[];
  /** The lists from which it may take what the API server itself has put there, from the pod's root. */
  readonly removes?: readonly string[];
  /** Reason code to sentence. */
  readonly skips: Readonly<Record<Skip, string>>;
  /** Note code to sentence. */
  readonly notes: Readonly<Record<Note, string>>;
  readonly options: Options;
}

/** A control's decision with its options filled in. */
export type Bound =
  | {
      readonly scope: 'container';
      /** What is found out once a pod, to be handed to `decide` for each of its containers. */
      readonly survey?: (context: Context) => unknown;
      readonly decide: (container: Container, context: Context, survey: unknown) => Decision;
    }
  | {
      readonly scope: 'pod';
      readonly decide: (pod: PodSpec, context: Context) => Decision;
      /** What an advisory control finds in the ephemeral containers that are not among the existing ones, by name. */
      readonly decideOnNewcomers?: (existing: ReadonlySet<string>, context: Context) => Decision;
    };

export interface Control<Id extends string = string> extends Omit<
  ControlSpec<Id, z.ZodObject, string, string>,
  'options'
> {
  readonly scope: 'container' | 'pod';
  /** The modes that a policy can give it. */
  readonly modes: readonly ControlMode[];
  /** Code of a finding to what it means: none but for an advisory control, which finds and changes nothing. */
  readonly flags: Readonly<Record<string, FlagDocs>>;
  readonly options: z.ZodObject;
  /** The control with `options`, which the policy's schema has parsed. */
  readonly bind: (options: unknown) => Bound;
}

/** A control that looks at each init and regular container. Where a container's decision depends on the whole
 *  pod, `survey` looks at the pod once, so that the cost stays linear in the number of containers. */
export function defineContainerControl<
  const Id extends string,
  Options extends z.ZodObject,
  Skip extends string,
  Note extends string,
  Survey = undefined,
>(
  spec: ControlSpec<Id, Options, Skip, Note> & {
    readonly survey?: (context: Context, options: z.output<Options>) => Survey;
    readonly harden: (
      container: Container,
      context: Context,
      options: z.output<Options>,
      survey: NoInfer<Survey>,
    ) => Decision<Container, NoInfer<Skip>, NoInfer<Note>>;
  },
): Control<Id> {
  const { harden, survey, ...rest } = spec;
  const bind = (options: unknown): Bound => {
    const parsed = spec.options.parse(options);
    return {
      scope: 'container',
      ...(survey && { survey: (context) => survey(context, parsed) }),
      decide: (container, context, surveyed) => harden(container, context, parsed, surveyed as Survey),
    };
  };
  return { ...rest, ...mutating, scope: 'container', bind };
}

/** A control that looks at the pod as a whole. */
export function definePodControl<
  const Id extends string,
  Options extends z.ZodObject,
  Skip extends string,
  Note extends string,
>(
  spec: ControlSpec<Id, Options, Skip, Note> & {
    readonly harden: (
      pod: PodSpec,
      context: Context,
      options: z.output<Options>,
    ) => Decision<PodSpec, NoInfer<Skip>, NoInfer<Note>>;
  },
): Control<Id> {
  const { harden, ...rest } = spec;
  const bind = (options: unknown): Bound => {
    const parsed = spec.options.parse(options);
    return { scope: 'pod', decide: (pod, context) => harden(pod, context, parsed) };
  };
  return { ...rest, ...mutating, scope: 'pod', bind };
}

const mutating = { modes: controlModes, flags: {} };

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
