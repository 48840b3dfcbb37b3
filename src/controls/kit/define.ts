import type { z } from 'zod';
import type { Container, PodSpec } from '../../kubernetes.js';
import type { Context } from './context.js';
import type { Decision } from './decision.js';

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
