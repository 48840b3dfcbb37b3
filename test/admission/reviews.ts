import { z } from 'zod';
import type { Operation } from 'fast-json-patch';
import type { ReviewRequest } from '../../src/admission/review.js';
import type { Pod } from '../../src/kubernetes.js';

/** Fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** A pod that most controls change. */
export const plainPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
} as const satisfies Pod & Fields;

/** A request as the API server sends it where `object` is created as a pod, with the given fields put in. */
export function requestOf(object: unknown, fields: Fields = {}): Fields {
  return {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    requestKind: { group: '', version: 'v1', kind: 'Pod' },
    requestResource: { group: '', version: 'v1', resource: 'pods' },
    name: 'web',
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] },
    object,
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    ...fields,
  };
}

/** The AdmissionReview around that request, as text. */
export function reviewOf(object: unknown, fields: Fields = {}): string {
  const request = requestOf(object, fields);
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
}

/** The request as `decodeReview` gives it. */
export function decodedRequest(object: unknown, fields: Partial<ReviewRequest> = {}): ReviewRequest {
  return {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    subResource: '',
    name: 'web',
    namespace: 'shop',
    operation: 'CREATE',
    dryRun: false,
    object,
    oldObject: null,
    bytes: 4000,
    ...fields,
  };
}

const base64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2,3}={1,2}$/);

/** All that an answer of ours may hold. */
const answerSchema = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z
    .strictObject({
      uid: z.string(),
      allowed: z.literal(true),
      patchType: z.literal('JSONPatch').optional(),
      patch: base64.optional(),
      warnings: z.array(z.string()).min(1).optional(),
      auditAnnotations: z.record(z.string().regex(/^[^/]+$/), z.string()).optional(),
    })
    .refine(({ patch, patchType }) => (patch === undefined) === (patchType === undefined), {
      message: 'the API server takes patch and patchType together only',
    }),
});

const refusalSchema = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.strictObject({
    uid: z.string(),
    allowed: z.literal(false),
    status: z.strictObject({
      code: z.literal(403),
      reason: z.literal('Forbidden'),
      message: z.string().min(1),
    }),
    auditAnnotations: z.record(z.string().regex(/^[^/]+$/), z.string()),
  }),
});

/** The message and the audit annotations of an AdmissionReview that refuses; undefined of one that admits.
 *  @throws ZodError where the API server would not take it */
export function readRefusal(text: string) {
  const answer = z.object({ response: z.object({ allowed: z.boolean() }) }).parse(JSON.parse(text));
  if (answer.response.allowed) return void readAnswer(text);
  const { uid, status, auditAnnotations } = refusalSchema.parse(JSON.parse(text)).response;
  return { uid, message: status.message, auditAnnotations };
}

/** An answer, the patch decoded. */
export interface Answer {
  readonly uid: string;
  readonly patchText: string | undefined;
  readonly patch: readonly Operation[] | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** Takes apart an AdmissionReview that answers one.
 *  @throws ZodError where the API server would not take it */
export function readAnswer(text: string): Answer {
  const { response } = answerSchema.parse(JSON.parse(text));
  const { uid, patch, warnings = [], auditAnnotations = {} } = response;
  const patchText = patch === undefined ? undefined : Buffer.from(patch, 'base64').toString('utf8');
  return {
    uid,
    patchText,
    patch: patchText === undefined ? undefined : (JSON.parse(patchText) as Operation[]),
    warnings,
    auditAnnotations,
  };
}
