import type { z } from 'zod';
import { type Container, containerLists, type Pod } from '../../kubernetes.js';
import type { Context } from './context.js';
import { advisoryModes, type Bound, type Control, type ControlSpec, type FlagDocs } from './define.js';
import { Flags } from './flags.js';

type AdvisorySpec<Id extends string, Options extends z.ZodObject, Code extends string> = Omit<
  ControlSpec<Id, Options, never, never>,
  'defaultMode' | 'writes' | 'skips' | 'notes'
> & {
  readonly defaultMode: (typeof advisoryModes)[number];
  readonly flags: Readonly<Record<Code, FlagDocs>>;
  readonly findInPod?: (
    pod: Pod,
    flags: Flags<NoInfer<Code>>,
    options: z.output<Options>,
    context: Context,
  ) => void;
  /** Asked of each init and regular container. */
  readonly findInContainer?: (
    container: Container,
    flags: Flags<NoInfer<Code>>,
    options: z.output<Options>,
    pod: Pod,
  ) => void;
};

/** A control that changes nothing: it finds what no patch can mend, and says what to write instead. One decision a pod,
 *  whatever is found; `keep` where that is nothing. */
export function defineAdvisoryControl<
  const Id extends string,
  Options extends z.ZodObject,
  Code extends string,
>(spec: AdvisorySpec<Id, Options, Code>): Control<Id> {
  const { findInPod, findInContainer, ...rest } = spec;
  const bind = (options: unknown): Bound => {
    const parsed = spec.options.parse(options);
    const flags = new Flags<Code>();
    return {
      scope: 'pod',
      decide: (_spec, context) => {
        const { pod } = context;
        flags.begin();
        findInPod?.(pod, flags, parsed, context);
        if (findInContainer !== undefined) {
          for (const list of containerLists) {
            const containers = pod.spec[list];
            if (containers == null) continue;
            // Not by `entries()`, which makes a pair of each: this runs for every pod, and mostly finds nothing.
            let index = 0;
            for (const container of containers) {
              flags.enter(list, index++, container);
              findInContainer(container, flags, parsed, pod);
            }
          }
        }
        return flags.decision();
      },
      ...(findInContainer && {
        decideOnNewcomers: (existing, { pod }) => {
          flags.begin();
          for (const [index, container] of (pod.spec.ephemeralContainers ?? []).entries()) {
            if (existing.has(container.name)) continue;
            flags.enter('ephemeralContainers', index, container);
            findInContainer(container, flags, parsed, pod);
          }
          return flags.decision();
        },
      }),
    };
  };
  return { ...rest, modes: advisoryModes, writes: [], skips: {}, notes: {}, scope: 'pod', bind };
}
