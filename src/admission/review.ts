import type { Operation } from 'fast-json-patch';
import { ReviewError } from '../errors.js';
import { describe } from '../shape.js';
import { withoutManagedFields } from './managedFields.js';

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
  /** What is stored, where that is about to change. */
  readonly oldObject: unknown;
  /** Size of the review's JSON, in bytes; of a short one, more than it has. */
  readonly bytes: number;
}

/** What is answered to a request that is allowed. Without operations there is no patch in the answer. */
export interface ReviewResponse {
  readonly allowed: true;
  readonly patch: readonly Operation[];
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** What is answered to a request that is refused. */
export interface Refusal {
  readonly allowed: false;
  /** For the person who sent it; its first line ends the sentence "admission webhook … denied the request: ". */
  readonly message: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** The answer to what is none of ours. */
export const admitted: ReviewResponse = { allowed: true, patch: [], warnings: [], auditAnnotations: {} };

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';

/** Most values in one review, lists and objects counted twice. Those of a small text take up to twenty times as much memory as it: what is more than
 *  that could end the process. A pod that etcd can keep has far less. */
const maxValues = 1_000_000;

/** The request in an AdmissionReview's JSON.
 *  @throws ReviewError where it is not one: then there is no uid to answer to */
export function decodeReview(body: string): ReviewRequest {
  // A value and what parts it from the next take two characters at least: hardly any review has to be looked through.
  if (body.length > 2 * maxValues && hasMoreValues(body, maxValues)) {
    throw new ReviewError({ where: 'body', expected: `at most ${maxValues} values`, found: 'more' }, 413);
  }
  const review = parse(body);
  if (!isRecord(review)) throw unexpected('body', 'an AdmissionReview', review);
  if (review.kind !== kind) throw unexpected('kind', kind, review.kind);
  if (review.apiVersion !== apiVersion) throw unexpected('apiVersion', apiVersion, review.apiVersion);
  const { request } = review;
  if (!isRecord(request)) throw unexpected('request', 'a mapping', request);
  const { uid, operation, object, oldObject } = request;
  if (typeof uid !== 'string' || uid === '') throw unexpected('request.uid', 'a string', uid);
  if (typeof operation !== 'string') throw unexpected('request.operation', 'a string', operation);
  if (!isRecord(request.kind)) throw unexpected('request.kind', 'a mapping', request.kind);
  return {
    uid,
    operation,
    object,
    oldObject,
    bytes: sizeOf(body),
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

/** From here on it is worth the time to count bytes, of which a character takes three at most. */
const longText = 64 * 1024;

function sizeOf(text: string): number {
  return text.length < longText ? text.length * 3 : Buffer.byteLength(text);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(withoutManagedFields(body));
  } catch {
    return parseWhole(body);
  }
}

/** For an error whose positions are those of the body. */
function parseWhole(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new ReviewError({ where: 'body', expected: 'JSON', found: syntaxFault(error) });
  }
}

/** What the parser says, where it only names a place. Else it quotes the text around the fault, which may be a secret,
 *  and this goes into the log. */
function syntaxFault(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const isPlaceOnly = /^Unexpected end of JSON input$|^[^"]* in JSON at position \d+/.test(message);
  return isPlaceOnly ? message : 'something else';
}

const quoteCode = 0x22;
const backslashCode = 0x5c;
const commaCode = 0x2c;
const bracketCode = 0x5b;
const braceCode = 0x7b;

/** Whether a JSON text holds more values than that, found out without parsing it. */
function hasMoreValues(text: string, most: number): boolean {
  let values = 1;
  for (let index = 0; index < text.length && values <= most; index++) {
    const code = text.charCodeAt(index);
    if (code === quoteCode) index = endOfString(text, index);
    // A value begins a list or an object, or comes after another.
    else if (code === commaCode || code === bracketCode || code === braceCode) values++;
  }
  return values > most;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== quoteCode)
    index += text.charCodeAt(index) === backslashCode ? 2 : 1;
  return index;
}

/** The AdmissionReview that answers the request of that uid, as JSON. */
export function encodeReview(uid: string, response: ReviewResponse | Refusal): string {
  const fields = `"uid":${JSON.stringify(uid)},${response.allowed ? encodeAllowed(response) : encodeRefusal(response)}`;
  return `{"apiVersion":"${apiVersion}","kind":"${kind}","response":{${fields}}}`;
}

/** As Pod Security refuses pods: kubectl says "Forbidden". */
function encodeRefusal({ message, auditAnnotations }: Refusal): string {
  const status = { code: 403, reason: 'Forbidden', message };
  return `"allowed":false,"status":${JSON.stringify(status)},"auditAnnotations":${JSON.stringify(auditAnnotations)}`;
}

function encodeAllowed({ patch, warnings, auditAnnotations }: ReviewResponse): string {
  let fields = '"allowed":true';
  if (patch.length > 0) {
    // Either both or neither: the API server rejects one without the other. Base64 needs no escapes.
    fields += `,"patchType":"JSONPatch","patch":"${toBase64(encodePatch(patch))}"`;
  }
  if (warnings.length > 0) fields += `,"warnings":${JSON.stringify(warnings)}`;
  if (Object.keys(auditAnnotations).length > 0)
    fields += `,"auditAnnotations":${JSON.stringify(auditAnnotations)}`;
  return fields;
}

/** Room for most patches, so that no buffer is made for each. */
const scratch = Buffer.allocUnsafe(64 * 1024);

function toBase64(text: string): string {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString('base64');
  return scratch.toString('base64', 0, scratch.write(text));
}

/** The JSON of values that many answers share: they are frozen. */
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
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const shared = sharedJson.get(value);
  if (shared !== undefined) return shared;
  const json = JSON.stringify(value);
  if (Object.isFrozen(value)) sharedJson.set(value, json);
  return json;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unexpected(where: string, expected: string, value: unknown): ReviewError {
  return new ReviewError({
    where,
    expected,
    found: describe(value),
    advice: 'send what the API server sends to an admission webhook',
  });
}
