import * as z from 'zod';
import { controls } from '../controls/index.js';
import { controlModes } from '../controls/kit/define.js';
import { userId, writablePath } from '../controls/kit/schemas.js';
import { mutatingControlIds } from './catalogue.js';

const controlsSchema = z.strictObject(
  Object.fromEntries(
    controls.map(({ id, options, modes, defaultMode, docs }) => [
      id,
      options
        .safeExtend({
          mode: z.enum(modes).default(defaultMode).describe('What becomes of its decisions'),
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
    .describe(
      'Repository, as a pod may spell it (`nginx` is `docker.io/library/nginx`); `*` stands for any characters ' +
        'but a slash, `**` for any at all',
    ),
  tags: z
    .array(z.string().min(1))
    .optional()
    .describe('Tags for which it holds; `*` as above. All, where absent'),
  runAsUser: userId.optional().describe('User ID that the image expects'),
  fsGroup: userId.optional().describe('Group ID for its volumes; runAsUser, where absent'),
  writablePaths: z.array(writablePath).optional().describe('Directories that it writes to'),
  dataPaths: z
    .array(writablePath)
    .optional()
    .describe('Directories for its data: writable too, without a size limit'),
  neverMount: z
    .array(z.string().regex(/^\//, 'expected an absolute path'))
    .optional()
    .describe('Directories with image content'),
  keepCapabilities: z
    .array(z.enum(['NET_BIND_SERVICE']))
    .optional()
    .describe('Capabilities it cannot start without'),
  lowPorts: z.array(z.int().min(1).max(1023)).optional().describe('Ports below 1024 that it listens on'),
  stepsDown: z
    .boolean()
    .optional()
    .describe('Whether its entrypoint, as root, changes owners and steps down to its user'),
  cannot: z.array(z.enum(mutatingControlIds)).optional().describe('Controls that it cannot run under'),
  advice: z.string().optional().describe('A sentence for whoever runs it'),
});

const imageCatalogueSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether what is known of public images counts'),
  mirrors: z
    .array(
      z
        .string()
        .regex(
          /^(?:localhost|[a-z0-9-]+(?:[.:][a-z0-9-]+)+)(?:\/[a-z0-9._-]+)*$/,
          'expected a registry, or a folder of one, such as registry.example.com/mirror',
        ),
    )
    .default([])
    .describe(
      'Registries, or folders of them, below which stand copies of Docker Hub, or of the registry that the path ' +
        'names: with `registry.example.com/mirror`, `registry.example.com/mirror/nginx` is `docker.io/library/nginx`',
    ),
});

const ephemeralContainersSchema = z.strictObject({
  mode: z.enum(controlModes).default('off').describe('What becomes of the decisions about them'),
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
      images: z
        .array(imageSchema)
        .default([])
        .describe('What is known of images; the first match counts, and beats the shipped catalogue'),
      imageCatalogue: imageCatalogueSchema
        .prefault({})
        .describe('The shipped catalogue of public images (`podtemper images`)'),
      requireHardened: z
        .boolean()
        .default(false)
        .describe(
          'Whether the validating webhook refuses a pod that the mutating one has not hardened, because it was away. Only ' +
            'in namespaces in mode enforce, and nothing that a pod has opted out of',
        ),
      optOut: optOutSchema.prefault({}).describe('What an opt-out by annotation needs to count'),
      ephemeralContainers: ephemeralContainersSchema
        .prefault({})
        .describe(
          'Containers that `kubectl debug` adds to running pods. The API server asks about them only where the chart ' +
            'is installed with `webhook.ephemeralContainers`',
        ),
    })
    .prefault({}),
});

export type PolicyDocument = z.output<typeof policySchema>;
export type ImageEntry = z.output<typeof imageSchema>;

/** JSON Schema (draft 2020-12) of a policy document as people write it. */
export function policyJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' });
}
