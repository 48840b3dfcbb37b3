import * as z from 'zod';
import { advisoryModes, controlModes } from '../controls/kit/define.js';
import { verdicts } from '../guides/checklist.js';
import { guides } from '../guides/index.js';
import { noticeCodes } from '../policy/notices.js';
import { namespaceModes } from '../policy/plan.js';

const tree = z.record(z.string(), z.unknown());
const texts = z.array(z.string());
const modes = [...controlModes, ...advisoryModes] as const;
const target = z
  .string()
  .describe('`pod`, `volumes/data`, or list and name of a container: `containers/web`');
const severity = z.enum(['high', 'medium', 'low']);
const level = z.enum(['privileged', 'baseline', 'restricted']);

/** One operation of a JSON Patch (RFC 6902). */
const operation = z.strictObject({
  op: z.enum(['add', 'remove']),
  path: z.string(),
  value: z.unknown().optional(),
});

/** The JSON Patch of one object. */
export const patchSchema = z.array(operation);

/** The same of several, each with the object that it belongs to. */
export const patchesSchema = z.array(
  z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    name: z.string(),
    namespace: z.string(),
    patch: patchSchema,
  }),
);

const about = { target, control: z.string(), sentence: z.string(), notes: texts };

const decision = z.discriminatedUnion('verdict', [
  z.strictObject({ ...about, verdict: z.literal('keep') }),
  z.strictObject({ ...about, verdict: z.literal('skip'), reason: z.string() }),
  z.strictObject({
    ...about,
    verdict: z.enum(['change', 'would change']),
    set: tree.describe('The fields, from the target'),
    volumes: z.array(tree).optional(),
    leftOut: z
      .array(z.strictObject({ part: z.string(), reason: z.string(), detail: z.string().optional() }))
      .optional(),
    withoutVolume: z.string().optional(),
    mayBreak: z.string(),
    remedy: z.string().optional().describe('What to write where it breaks something'),
    optOut: z.string(),
  }),
  z.strictObject({
    ...about,
    verdict: z.literal('flag'),
    flags: z.array(
      z.strictObject({
        code: z.string(),
        severity,
        field: z.string(),
        found: z.string(),
        targets: texts,
        means: z.string(),
        write: z.string(),
      }),
    ),
    more: z.int().describe('How many more of the kind there are'),
    mayBreak: z.string(),
    optOut: z.string(),
  }),
]);

const podSecurity = z.strictObject({
  version: z.string(),
  before: level,
  after: level,
  missed: level.optional().describe('The level that the namespace demands, where it is not reached'),
  remaining: z.array(
    z.strictObject({
      check: z.string(),
      level,
      target,
      field: z.string(),
      found: z.unknown(),
      who: z.enum(['author', 'image', 'namespace', 'policy']),
      change: z.string(),
    }),
  ),
});

const advice = z
  .strictObject({ advisor: z.string(), target, field: z.string(), says: z.string(), write: z.string() })
  .describe('What is likely to break, and what to write to avoid it');

const checklist = z
  .strictObject({
    name: z.literal(guides.map(({ id }) => id)),
    title: z.string(),
    source: z.string(),
    items: z.array(
      z.strictObject({
        id: z.string(),
        section: z.string(),
        asks: z.string(),
        verdict: z.enum(verdicts),
        outside: z.string().optional().describe('Why nothing in a manifest decides it'),
        places: z.array(
          z.strictObject({
            targets: texts,
            field: z.string(),
            found: z.string(),
            write: z.string(),
            reason: z.string().optional(),
          }),
        ),
      }),
    ),
  })
  .describe('How the object stands to the guide that `guide` named');

const knownImage = z.strictObject({
  target,
  repository: z.string(),
  runAsUser: z.int().optional(),
  runAsGroup: z.int().optional(),
  fsGroup: z.int().optional(),
  writablePaths: texts.optional(),
  dataPaths: texts.optional(),
  neverMount: texts.optional(),
  keepCapabilities: texts.optional(),
  lowPorts: z.array(z.int()).optional(),
  stepsDown: z.boolean().optional(),
  cannot: z.record(z.string(), z.string()).optional(),
  advice: z.string().optional(),
  sources: texts,
});

const place = {
  file: z.string().optional(),
  line: z.int().min(1).optional(),
  column: z.int().min(1).optional(),
};

const complaint = {
  where: z.string(),
  expected: z.string(),
  found: z.string(),
  advice: z.string().optional().describe('What to do about it'),
};

const fault = z.strictObject({ ...place, ...complaint, message: z.string() });

/** What becomes of manifests. */
export const previewSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string(),
      namespace: z.string(),
      policy: z.string().optional(),
      mode: z.enum(namespaceModes).optional(),
      assumedNamespace: z
        .string()
        .optional()
        .describe('Its namespace, where nothing says which mode that has'),
      systemNamespace: z
        .string()
        .optional()
        .describe(
          'Its namespace, where that is one of the cluster itself: the webhook as installed is not called there',
        ),
      exemption: z.string().optional(),
      changed: texts.describe('The controls that change it'),
      patch: patchSchema,
      hardened: z.unknown().describe('The object with the patch applied'),
      decisions: z.array(decision),
      podSecurity: podSecurity.optional(),
      advice: z.array(advice),
      notices: z.array(z.strictObject({ code: z.literal(Object.keys(noticeCodes)), text: z.string() })),
      knownImages: z.array(knownImage),
      guide: checklist.optional(),
      note: z.string().optional().describe('Why it passes through, or is left alone'),
    }),
  ),
  faults: z.array(fault).describe('What could not be read'),
  warnings: z.array(fault).describe('What was read, but is hardly meant'),
});

/** What is wrong with a request (RFC 9457). */
export const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  status: z.int(),
  detail: z.string(),
  where: complaint.where.optional(),
  expected: complaint.expected.optional(),
  found: complaint.found.optional(),
  advice: complaint.advice,
  ...place,
});

/** The catalogue of controls. */
export const controlsSchema = z.array(
  z.strictObject({
    id: z.string(),
    level: z.enum(['baseline', 'restricted', 'extra']),
    os: z.enum(['linux', 'any']),
    scope: z.enum(['container', 'pod']),
    defaultMode: z.enum(modes),
    modes: z.array(z.enum(modes)),
    summary: z.string(),
    why: z.string(),
    mayBreak: z.string(),
    remedy: z.string().optional(),
    source: z.string(),
    writes: texts,
    removes: texts.optional(),
    skips: z.record(z.string(), z.string()),
    notes: z.record(z.string(), z.string()),
    flags: z.record(z.string(), z.strictObject({ severity, means: z.string() })),
    options: tree.describe('JSON Schema of its options'),
  }),
);

/** Whether requests should be sent here, and a line for each part. */
export const readinessSchema = z.object({ ready: z.boolean() }).catchall(z.string());

/** What the webhook answers to the API server (admission.k8s.io/v1). */
export const reviewSchema = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.strictObject({
    uid: z.string(),
    allowed: z.literal(true),
    patchType: z.literal('JSONPatch').optional(),
    patch: z.base64().optional().describe('The JSON Patch'),
    warnings: texts.optional(),
    auditAnnotations: z.record(z.string(), z.string()).optional(),
  }),
});
