import { z } from 'zod';
import { controls } from '../controls/index.js';
import { userId, writablePath } from '../controls/kit/schemas.js';
import { controlIds } from './catalogue.js';

export const controlModes = ['off', 'audit', 'warn', 'enforce'] as const;

const controlsSchema = z.strictObject(
  Object.fromEntries(
    controls.map(({ id, options, defaultMode, docs }) => [
      id,
      options
        .safeExtend({
          mode: z.enum(controlModes).default(defaultMode).describe('What becomes of its decisions'),
        })
        .describe(docs.summary)
        .prefault({}),
    ]),
  ),
);

const imageSchema = z.strictObject({
  match: z
    .string()
    .min(1)
    .describe('Repository; `*` stands for any characters but a slash, `**` for any at all'),
  tags: z
    .array(z.string().min(1))
    .optional()
    .describe('Tags for which it holds; `*` as above. All, where absent'),
  runAsUser: userId.optional().describe('User ID that the image expects'),
  fsGroup: userId.optional().describe('Group ID for its volumes; runAsUser, where absent'),
  writablePaths: z.array(writablePath).default([]).describe('Directories that it writes to'),
  neverMount: z.array(z.string().startsWith('/')).default([]).describe('Directories with image content'),
  keepCapabilities: z
    .array(z.enum(['NET_BIND_SERVICE']))
    .default([])
    .describe('Capabilities it cannot start without'),
  cannot: z.array(z.enum(controlIds)).default([]).describe('Controls that it cannot run under'),
  advice: z.string().optional().describe('A sentence for whoever runs it'),
});

const optOutSchema = z.strictObject({
  allowed: z.boolean().default(true).describe('Whether pods may opt out by annotation'),
  requireReason: z
    .boolean()
    .default(false)
    .describe('Whether an opt-out counts only with podtemper.io/opt-out-reason'),
  requireExpiry: z
    .boolean()
    .default(false)
    .describe('Whether an opt-out counts only with podtemper.io/opt-out-until'),
});

/** A HardeningPolicy document with its defaults filled in. */
export const policySchema = z.strictObject({
  apiVersion: z.literal('podtemper.io/v1alpha1'),
  kind: z.literal('HardeningPolicy'),
  metadata: z.strictObject({
    name: z
      .string()
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a name of lower-case letters, digits and hyphens')
      .describe('Name that the namespace label podtemper.io/policy selects'),
  }),
  spec: z
    .strictObject({
      controls: controlsSchema.prefault({}).describe('The controls, by id'),
      images: z.array(imageSchema).default([]).describe('What is known of images; the first match counts'),
      optOut: optOutSchema.prefault({}).describe('What an opt-out by annotation needs to count'),
    })
    .prefault({}),
});

export type PolicyDocument = z.output<typeof policySchema>;
export type ImageEntry = z.output<typeof imageSchema>;

/** JSON Schema (draft 2020-12) of a policy document as people write it. */
export function policyJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' });
}
