import * as z from 'zod';
import type { PodSpec } from '../../kubernetes.js';
import { labelValue, nodeLabelKey } from './labels.js';

type Affinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
export type RequiredNodes = NonNullable<Affinity['requiredDuringSchedulingIgnoredDuringExecution']>;

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;
type Operator = (typeof operators)[number];

/** Why the API server would refuse the values of a requirement, as what it takes instead. */
function describeBadValues(operator: Operator, values: readonly string[]): string | undefined {
  const [first = ''] = values;
  if (operator === 'Exists' || operator === 'DoesNotExist')
    return values.length > 0 ? 'no values' : undefined;
  if (operator === 'In' || operator === 'NotIn') return values.length > 0 ? undefined : 'at least one value';
  return values.length === 1 && /^-?\d+$/.test(first) ? undefined : 'one integer';
}

/** A part of a node selector term, as ValidateNodeSelectorRequirement takes it. */
const requirement = z
  .strictObject({
    key: nodeLabelKey,
    operator: z.enum(operators),
    values: z.exactOptional(z.array(labelValue)),
  })
  .superRefine(({ operator, values = [] }, context) => {
    const expected = describeBadValues(operator, values);
    if (expected === undefined) return;
    context.addIssue({ code: 'custom', path: ['values'], message: `expected ${expected} with ${operator}` });
  });

/** Required node affinity, in the words of the API. */
export const nodeAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.strictObject({
    nodeSelectorTerms: z.array(z.strictObject({ matchExpressions: z.array(requirement).min(1) })).min(1),
  }),
});

/** Whether two required node affinities are the same, term by term. */
export function isSameAffinity(one: RequiredNodes, other: RequiredNodes): boolean {
  return spell(one) === spell(other);
}

function spell({ nodeSelectorTerms }: RequiredNodes): string {
  const terms = nodeSelectorTerms.map(({ matchExpressions, matchFields }) => [
    matchFields?.length ?? 0,
    matchExpressions?.map(({ key, operator, values }) => [key, operator, values ?? []]),
  ]);
  return JSON.stringify(terms);
}
