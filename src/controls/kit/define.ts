import type { z } from 'zod';
import type { Container, NamespaceFacts, Pod, PodSpec } from '../../kubernetes.js';
import { deepFreeze } from './freeze.js';

/** A part of `T`, as deep as wished. A list holds the items to append to the workload's own. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** What a control says of one target. */
export type Decision<Target = object, Skip extends string = string, Note extends string = string> =
  | Change<Target, Note>
  | { readonly kind: 'keep'; readonly notes?: readonly Note[] }
  | { readonly kind: 'skip'; readonly reason: Skip; readonly detail?: string };

/** Fields to fill, never one that the workload has set. */
export interface Change<Target = object, Note extends string = string> {
  readonly kind: 'change';
  readonly set: DeepPartial<Target>;
  /** The part that differs from one container to the next, apart from `set`, which many can then share. */
  readonly own?: DeepPartial<Target>;
  /** What the pod must hold for it: volumes of one name are added once, whoever asks for them. */
  readonly volumes?: PodSpec['volumes'];
  /** What is worth saying besides: codes of the control's `notes`. */
  readonly notes?: readonly Note[];
}

/** What policy, image catalogue and the pod's own annotations say of one container. */
export interface Known {
  /** User ID that fits the image or that the pod asked for. */
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  readonly writablePaths: readonly string[];
  /** Paths with image content, which an empty volume would hide. */
  readonly neverMount: readonly string[];
  readonly keepCapabilities: readonly string[];
  /** Controls that the image cannot run under. */
  readonly cannot: readonly string[];
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
  readonly known: (container: Container) => Known;
}

export type ControlMode = 'off' | 'audit' | 'warn' | 'enforce';

interface ControlDocs {
  /** What it does, one sentence. */
  readonly summary: string;
  readonly why: string;
  readonly mayBreak: string;
  /** What to write to keep the control and still run, or nothing where only the opt-out helps. */
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
  | { readonly scope: 'pod'; readonly decide: (pod: PodSpec, context: Context) => Decision };

export interface Control<Id extends string = string> extends Omit<
  ControlSpec<Id, z.ZodObject, string, string>,
  'options'
> {
  readonly scope: 'container' | 'pod';
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
  return { ...rest, scope: 'container', bind };
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
  return { ...rest, scope: 'pod', bind };
}

/** Fields to fill. */
export function change<Target, Note extends string = never>(
  set: DeepPartial<Target>,
  more: Omit<Change<Target, Note>, 'kind' | 'set'> = nothingMore,
): Change<Target, Note> {
  return { kind: 'change', set, ...more };
}

const nothingMore = {};

/** A change that is the same for many pods: frozen, so that the engine may share what it makes of it. */
export function constantChange<Target, Note extends string = never>(
  set: DeepPartial<Target>,
  more: Omit<Change<Target, Note>, 'kind' | 'set'> = nothingMore,
): Change<Target, Note> {
  return deepFreeze(change(set, more));
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
