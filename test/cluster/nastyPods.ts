import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { setupSchema } from './namespacePairs.js';

const json = z.record(z.string(), z.unknown());

const createdFields = z.strictObject({
  number: z.int(),
  title: z.string(),
  namespace: setupSchema.prefault({}),
  refusedIn: z.array(setupSchema).default([]),
  annotations: z.record(z.string(), z.string()).optional(),
  generateName: z.string().optional(),
  spec: json,
  generate: z
    .strictObject({
      /** Keys and values of all annotations together. */
      annotationBytes: z.int().optional(),
      /** Containers in all; those that are added are called `generated-0` and so on. */
      containers: z.int().optional(),
      /** The whole pod as JSON. */
      bytes: z.int().optional(),
    })
    .default({}),
  without: z.string().optional(),
  with: z.string().optional(),
  unchanged: z.boolean().default(false),
  fields: json.default({}),
  skips: z.record(z.string(), z.array(z.string())).default({}),
  told: z.array(z.string()).default([]),
});
const createdSchema = createdFields.refine(
  (pod) => pod.with === undefined || pod.without !== undefined,
  'a pod that is accepted without us must be accepted with us',
);
/** A nasty pod that is created, and what must become of it; nastyPods.yaml explains the keys. */
export type CreatedPod = z.infer<typeof createdSchema>;

const otherSchema = z.strictObject({ number: z.int(), title: z.string(), kept: z.string() });
/** A nasty pod of which something else than its creation is nasty. */
export type OtherPod = z.infer<typeof otherSchema>;

const fileSchema = z.strictObject({ anchors: json, pods: z.array(z.union([otherSchema, createdSchema])) });

/** The nasty pods, in the order of the file.
 *  @throws Error where the file does not hold each number from 1 once */
export function readNastyPods(): { created: CreatedPod[]; others: OtherPod[] } {
  const text = readFileSync(new URL('nastyPods.yaml', import.meta.url), 'utf8');
  const { pods } = fileSchema.parse(parse(text, { merge: true }));
  for (const [index, { number }] of pods.entries()) {
    if (number !== index + 1)
      throw new Error(`nastyPods.yaml: expected number ${index + 1}, found ${number}`);
  }
  return {
    created: pods.filter((pod): pod is CreatedPod => !('kept' in pod)),
    others: pods.filter((pod): pod is OtherPod => 'kept' in pod),
  };
}

/** The pod to create, with its generated parts. */
export function podOf({ number, annotations, generateName, spec, generate }: CreatedPod) {
  const name = generateName === undefined ? { name: `nasty-${number}` } : { generateName };
  const containers = [...z.array(json).parse(spec['containers'])];
  const [like] = containers;
  for (let index = 0; containers.length < (generate.containers ?? 0); index += 1) {
    containers.push({ ...like, name: `generated-${index}` });
  }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...name, ...(annotations && { annotations }) },
    spec: { ...spec, containers },
  };
  if (generate.annotationBytes !== undefined) {
    const key = 'example.com/notes';
    pod.metadata.annotations = { [key]: 'x'.repeat(generate.annotationBytes - key.length) };
  }
  if (generate.bytes === undefined) return pod;
  const padding = (bytes: number) => [{ name: 'PADDING', value: 'x'.repeat(bytes) }];
  const padded = (bytes: number) => containers.map((container) => ({ ...container, env: padding(bytes) }));
  const missing =
    generate.bytes - JSON.stringify({ ...pod, spec: { ...spec, containers: padded(0) } }).length;
  return { ...pod, spec: { ...spec, containers: padded(Math.floor(missing / containers.length)) } };
}

/** What a pod holds at a JSON Pointer below its `spec`, or below the pod itself for `metadata/…`. An item of a list
 *  goes by its name. Null where there is nothing. */
export function valueAt(pod: { spec?: unknown }, pointer: string): unknown {
  const steps = pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let value: unknown = steps[0] === 'metadata' ? pod : pod.spec;
  for (const step of steps) {
    if (Array.isArray(value))
      value = value.find((item: unknown) => json.safeParse(item).data?.['name'] === step);
    else value = json.safeParse(value).data?.[step];
  }
  return value ?? null;
}
