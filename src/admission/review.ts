import type { Operation } from 'fast-json-patch';
import { ReviewError } from '../errors.js';

/** The part of an AdmissionReview request that is acted on (admission.k8s.io/v1, AdmissionRequest). */
export interface ReviewRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly subResource: string;
  readonly name: string;
  readonly namespace: string;
  readonly operation: string;
  readonly dryRun: boolean;
  readonly object: unknown;
}

/** What is answered. Without operations there is no patch in the answer. */
export interface ReviewResponse {
  readonly allowed: true;
  readonly patch: readonly Operation[];
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';

/** The request in an AdmissionReview's JSON.
 *  @throws ReviewError where it is not one: then there is no uid to answer to */
export function decodeReview(body: string): ReviewRequest {
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch (error) {
    throw new ReviewError({
      where: 'body',
      expected: 'JSON',
      found: error instanceof Error ? error.message : 'none',
    });
  }
  if (!isRecord(review)) throw unexpected('body', 'an AdmissionReview', review);
  if (review.kind !== kind) throw unexpected('kind', kind, review.kind);
  if (review.apiVersion !== apiVersion) throw unexpected('apiVersion', apiVersion, review.apiVersion);
  const { request } = review;
  if (!isRecord(request)) throw unexpected('request', 'a mapping', request);
  const { uid, operation, object } = request;
  if (typeof uid !== 'string' || uid === '') throw unexpected('request.uid', 'a string', uid);
  if (typeof operation !== 'string') throw unexpected('request.operation', 'a string', operation);
  if (!isRecord(request.kind)) throw unexpected('request.kind', 'a mapping', request.kind);
  return {
    uid,
    operation,
    object,
    kind: {
      group: textOf(request.kind.group),
      version: textOf(request.kind.version),
      kind: textOf(request.kind.kind),
    },
    subResource: textOf(request.subResource),
    name: textOf(request.name),
    namespace: textOf(request.namespace),
    dryRun: request.dryRun === true,
  };
}

/** The AdmissionReview that answers the request of that uid, as JSON. */
export function encodeReview(uid: string, response: ReviewResponse): string {
  const { patch, warnings, auditAnnotations } = response;
  let fields = `"uid":${JSON.stringify(uid)},"allowed":true`;
  if (patch.length > 0) {
    // Either both or neither: the API server rejects one without the other. Base64 needs no escapes.
    fields += `,"patchType":"JSONPatch","patch":"${Buffer.from(encodePatch(patch)).toString('base64')}"`;
  }
  if (warnings.length > 0) fields += `,"warnings":${JSON.stringify(warnings)}`;
  if (Object.keys(auditAnnotations).length > 0)
    fields += `,"auditAnnotations":${JSON.stringify(auditAnnotations)}`;
  return `{"apiVersion":"${apiVersion}","kind":"${kind}","response":{${fields}}}`;
}

/** The JSON of values that many answers share. */
const sharedJson = new WeakMap<object, string>();

/** `JSON.stringify(patch)`, faster: our pointers need no escapes, and a frozen value is written out once. */
function encodePatch(patch: readonly Operation[]): string {
  let json = '';
  for (const operation of patch) {
    if (operation.op !== 'add') return JSON.stringify(patch);
    json += `${json === '' ? '[' : ','}{"op":"add","path":"${operation.path}","value":${encodeValue(operation.value)}}`;
  }
  return `${json}]`;
}

function encodeValue(value: unknown): string {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return JSON.stringify(value);
  let json = sharedJson.get(value);
  if (json === undefined) {
    json = JSON.stringify(value);
    sharedJson.set(value, json);
  }
  return json;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unexpected(where: string, expected: string, value: unknown): ReviewError {
  const found = value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value);
  return new ReviewError({
    where,
    expected,
    found,
    advice: 'send what the API server sends to an admission webhook',
  });
}
