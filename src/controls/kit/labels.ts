import * as z from 'zod';

const name = String.raw`[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`;
const prefix = String.raw`(?=[^/]{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*`;

/** A label key, as the API server takes it (IsQualifiedName). */
export const labelKey = z
  .string()
  .regex(new RegExp(`^(${prefix}/)?${name}$`), 'expected a label key such as example.com/pool');

/** A label value, as the API server takes it (IsValidLabelValue). */
export const labelValue = z
  .string()
  .regex(new RegExp(`^(${name})?$`), 'expected a label value: letters, digits, -, _ and ., 63 at most');

const osKeys = new Set(['kubernetes.io/os', 'beta.kubernetes.io/os']);

/** The key of a node's label that policies may choose by. Whether a pod is for Windows is for the pod to say. */
export const nodeLabelKey = labelKey.refine((key) => !osKeys.has(key), {
  error: 'expected another label: the operating system is for the pod to choose',
});
