import * as z from 'zod';
import type { NamespaceFacts } from '../../kubernetes.js';
import type { Toleration } from './tolerations.js';

/** An administrator's, for the admission plugin PodTolerationRestriction. */
const annotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';

const listed = z.object({
  key: z.string().nullish(),
  operator: z.string().nullish(),
  value: z.string().nullish(),
  effect: z.string().nullish(),
  tolerationSeconds: z.number().nullish(),
});
type Listed = z.output<typeof listed>;
const whitelist = z.array(listed);

/** Whether the pods of a namespace may have the toleration, as far as its whitelist says: one that is not there or empty
 *  allows every toleration, one that cannot be read none (VerifyAgainstWhitelist). */
export function isWhitelisted(wanted: Toleration, { annotations }: NamespaceFacts): boolean {
  const text = annotations[annotation];
  if (!text) return true;
  const entries = read(text);
  return entries !== undefined && (entries.length === 0 || entries.some((entry) => allows(entry, wanted)));
}

function read(text: string): readonly Listed[] | undefined {
  try {
    return whitelist.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const fields = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'] as const;

/** Whether it is the same or covers all that is wanted (isSuperset). */
function allows(entry: Listed, wanted: Toleration): boolean {
  const isSame = fields.every((field) => (entry[field] ?? '') === (wanted[field] ?? ''));
  return isSame || (coversTaints(entry, wanted) && coversTime(entry, wanted));
}

function coversTaints({ key, operator, value, effect }: Listed, wanted: Toleration): boolean {
  if (effect && effect !== wanted.effect) return false;
  if (operator === 'Exists') return !key || key === wanted.key;
  return key === wanted.key && wanted.operator === 'Equal' && (value ?? '') === (wanted.value ?? '');
}

function coversTime({ effect, tolerationSeconds: longest }: Listed, wanted: Toleration): boolean {
  if (effect !== 'NoExecute' || longest == null) return true;
  return wanted.tolerationSeconds != null && wanted.tolerationSeconds <= longest;
}
