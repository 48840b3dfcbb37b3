import * as z from 'zod';
import { guides } from '../guides/index.js';
import { namespaceModes } from '../policy/plan.js';
import { policySchema } from '../policy/schema.js';
import { inlineSchema } from '../preview/question.js';
import { version } from '../version.js';
import {
  controlsSchema,
  patchesSchema,
  patchSchema,
  previewSchema,
  problemSchema,
  readinessSchema,
  reviewSchema,
} from './answers.js';

/** The schemas by name. */
const schemas = {
  Preview: previewSchema,
  Patch: patchSchema,
  Patches: patchesSchema,
  Problem: problemSchema,
  Controls: controlsSchema,
  Readiness: readinessSchema,
  AdmissionReview: reviewSchema,
} as const;

type SchemaName = keyof typeof schemas | 'Policies' | 'PreviewRequest';

/** The description of the operations listener (OpenAPI 3.1). */
export function openApiDocument(): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'podtemper',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'What podtemper would do to pods, and how it fares. Nothing here changes a cluster. The webhook itself, ' +
        'POST /mutate, is at another address and speaks admission.k8s.io/v1.',
    },
    servers: [{ url: '.' }],
    paths: {
      '/': { get: operation('page', 'The preview page', html('The page')) },
      '/preview': { post: previewOperation() },
      '/controls': { get: operation('controls', 'The catalogue of controls', json('Controls')) },
      '/policy': { get: operation('policy', 'The policies in force', json('Policies')) },
      '/openapi.json': {
        get: operation('openapi', 'This description', { 'application/json': { schema: { type: 'object' } } }),
      },
      '/metrics': { get: operation('metrics', 'Metrics, as Prometheus reads them', text('text/plain')) },
      '/healthz': { get: operation('health', 'Whether the process is alive', text('text/plain')) },
      '/readyz': {
        get: {
          ...operation('readiness', 'Whether reviews should be sent here', json('Readiness')),
          responses: {
            200: { description: 'They should', content: json('Readiness') },
            503: { description: 'They should not', content: json('Readiness') },
          },
        },
      },
    },
    components: {
      schemas: {
        ...Object.fromEntries(
          Object.entries(schemas).map(([name, schema]) => [name, written(schema, 'output')]),
        ),
        // As people write them: what a policy is read as has no form in JSON Schema.
        Policies: written(z.array(policySchema), 'input'),
        PreviewRequest: written(inlineSchema, 'input'),
      },
    },
  };
}

type Content = Readonly<Record<string, object>>;

function previewOperation() {
  const parameter = (name: string, description: string, schema: object = { type: 'string' }) => ({
    name,
    in: 'query',
    description,
    schema,
  });
  return {
    operationId: 'preview',
    summary: 'What the webhook would do to manifests',
    description:
      'Takes one manifest or several, as YAML or JSON, whatever the Content-Type; or an object with `manifests`, and ' +
      'a `policy` and a `namespace` that count instead of those of the webhook. Accept chooses the form of the answer.',
    parameters: [
      parameter('policy', 'A policy of the webhook, by name, whatever the namespace says'),
      parameter('mode', 'A mode, whatever the namespace says', { enum: [...namespaceModes] }),
      parameter(
        'namespace',
        'The namespace of objects that name none. With a cluster, what is known of a namespace counts: its labels, LimitRanges and quotas',
      ),
      parameter('guide', 'A guide to hold the pods against; as JSON or as plain text', {
        enum: guides.map(({ id }) => id),
      }),
      parameter(
        'as',
        'To debug the webhook: the body is an AdmissionReview in JSON, and the answer is the AdmissionReview that the API server would get',
        { enum: ['review'] },
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/yaml': { schema: { type: 'string' } },
        'application/json': { schema: { anyOf: [reference('PreviewRequest'), { type: 'object' }] } },
        'text/plain': { schema: { type: 'string' } },
      },
    },
    responses: {
      200: {
        description: 'What would happen; an AdmissionReview with `as=review`',
        content: {
          'application/json': { schema: { anyOf: [reference('Preview'), reference('AdmissionReview')] } },
          'application/json-patch+json': { schema: { anyOf: [reference('Patch'), reference('Patches')] } },
          'application/sarif+json': { schema: { type: 'object', description: 'SARIF 2.1.0' } },
          ...text('application/yaml'),
          ...text('text/x-diff'),
          ...text('text/plain'),
          ...html('The page, with the answer in it'),
        },
      },
      400: problem('The input, or a parameter, is wrong'),
      406: problem('There is no answer in that form'),
      413: problem('It is too large, or takes too much time or memory'),
      415: problem('The body is compressed'),
      429: problem('Too many previews wait already'),
    },
  };
}

function operation(operationId: string, summary: string, content: Content) {
  return { operationId, summary, responses: { 200: { description: summary, content } } };
}

function json(name: SchemaName): Content {
  return { 'application/json': { schema: reference(name) } };
}

function text(type: string): Content {
  return { [type]: { schema: { type: 'string' } } };
}

function html(description: string): Content {
  return { 'text/html': { schema: { type: 'string', description } } };
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: reference('Problem') } } };
}

function reference(name: SchemaName) {
  return { $ref: `#/components/schemas/${name}` };
}

/** As JSON Schema in the dialect of OpenAPI 3.1, which need not be named. */
function written(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}
