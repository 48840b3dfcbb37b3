import * as z from 'zod';
import type { PodSpec } from '../../kubernetes.js';
import { labelKey } from './labels.js';

export type SpreadConstraint = NonNullable<PodSpec['topologySpreadConstraints']>[number];

const count = z.int().min(1).max(2_147_483_647);
const inclusion = z.exactOptional(z.enum(['Honor', 'Ignore']));

/** A topology spread constraint, as validateTopologySpreadConstraints takes it, for pods with whatever labels. */
const spreadConstraint = z
  .strictObject({
    topologyKey: labelKey,
    maxSkew: count.default(1),
    whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']).default('ScheduleAnyway'),
    minDomains: z.exactOptional(count),
    nodeAffinityPolicy: inclusion,
    nodeTaintsPolicy: inclusion,
    podLabels: z
      .array(labelKey)
      .min(1)
      .default(['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app'])
      .describe('Labels of the pod, as far as it has them: pods with the same values are spread'),
  })
  .refine(
    ({ minDomains, whenUnsatisfiable }) => minDomains === undefined || whenUnsatisfiable === 'DoNotSchedule',
    { path: ['minDomains'], error: 'expected no minDomains with ScheduleAnyway' },
  );

/** Topology spread constraints of a policy: each pair of topologyKey and whenUnsatisfiable once, as the API demands. */
export const spreadConstraints = z
  .array(spreadConstraint)
  .refine((constraints) => new Set(constraints.map(kindOfSpread)).size === constraints.length, {
    error: 'expected each pair of topologyKey and whenUnsatisfiable once',
  });

type PolicyConstraint = z.output<typeof spreadConstraint>;

/** What tells a constraint from the others of a pod. */
export function kindOfSpread({
  topologyKey,
  whenUnsatisfiable,
}: Pick<SpreadConstraint, 'topologyKey' | 'whenUnsatisfiable'>): string {
  return `${topologyKey} ${whenUnsatisfiable}`;
}

/** The constraint for a pod with these labels. Undefined where it has none of those that tell which pods are spread. */
export function spreadFor(
  { podLabels, ...constraint }: PolicyConstraint,
  labels: Readonly<Record<string, string>> | undefined,
): SpreadConstraint | undefined {
  const matched = podLabels.flatMap((key): [string, string][] => {
    const value = labels?.[key];
    return value == null ? [] : [[key, value]];
  });
  if (matched.length === 0) return undefined;
  return { ...constraint, labelSelector: { matchLabels: Object.fromEntries(matched) } };
}
