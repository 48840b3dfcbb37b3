import * as z from 'zod';
import type { PodSpec } from '../../kubernetes.js';
import { labelKey, labelValue } from './labels.js';

export type Toleration = NonNullable<PodSpec['tolerations']>[number];

/** A toleration of one taint, as ValidateTolerations takes it. */
export const toleration = z
  .strictObject({
    key: labelKey.refine((key) => !key.startsWith('node.kubernetes.io/'), {
      error: 'expected a taint of yours: Kubernetes has its own tolerated as each pod needs it',
    }),
    operator: z.exactOptional(z.enum(['Equal', 'Exists'])),
    value: z.exactOptional(labelValue),
    effect: z.exactOptional(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
    tolerationSeconds: z.exactOptional(z.int()),
  })
  .refine(({ operator, value = '' }) => operator !== 'Exists' || value === '', {
    path: ['value'],
    error: 'expected no value with Exists',
  })
  .refine(({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === 'NoExecute', {
    path: ['effect'],
    error: 'expected NoExecute with tolerationSeconds',
  });

/** Whether there is a taint that both tolerate. The shorter tolerationSeconds would then count. */
export function mayMeetOneTaint(one: Toleration, other: Toleration): boolean {
  const overlap = (a = '', b = '') => a === '' || b === '' || a === b;
  const isOpen = !isEqual(one) || !isEqual(other);
  return (
    overlap(one.key, other.key) &&
    overlap(one.effect, other.effect) &&
    (isOpen || (one.value ?? '') === (other.value ?? ''))
  );
}

/** Whether it tolerates one value; by Exists, or Lt and Gt in a later Kubernetes, it tolerates many. */
function isEqual({ operator }: Toleration): boolean {
  return (operator || 'Equal') === 'Equal';
}

/** Whether two tolerations say the same, with or without the defaults written out. */
export function isSameToleration(one: Toleration, other: Toleration): boolean {
  return spell(one) === spell(other);
}

function spell({ key, operator, value, effect, tolerationSeconds }: Toleration): string {
  return JSON.stringify([
    key ?? '',
    operator ?? 'Equal',
    value ?? '',
    effect ?? '',
    tolerationSeconds ?? null,
  ]);
}
