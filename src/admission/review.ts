import type { Operation } from 'fast-json-patch';
import { ReviewError } from '../errors.js';
import { describe } from '../shape.js';
import { withoutManagedFields } from './managedFields.js';
import { encodePatch } from './patch.js';

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
const lowerUCode = 0x75;
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

/** The AdmissionReview that answers the request of that uid, as JSON in ASCII: so each character of it is a byte, and
 *  nobody has to look through it for those that are more. */
export function encodeReview(uid: string, response: ReviewResponse | Refusal): string {
  const fields = `"uid":${quote(uid)},${response.allowed ? encodeAllowed(response) : encodeRefusal(response)}`;
  return `{"apiVersion":"${apiVersion}","kind":"${kind}","response":{${fields}}}`;
}

/** As Pod Security refuses pods: kubectl says "Forbidden". */
function encodeRefusal({ message, auditAnnotations }: Refusal): string {
  const status = { code: 403, reason: 'Forbidden', message };
  return `"allowed":false,"status":${toAscii(status)},"auditAnnotations":${toAscii(auditAnnotations)}`;
}

function encodeAllowed({ patch, warnings, auditAnnotations }: ReviewResponse): string {
  let fields = '"allowed":true';
  if (patch.length > 0) {
    // Either both or neither: the API server rejects one without the other. Base64 needs no escapes.
    fields += `,"patchType":"JSONPatch","patch":"${encodePatch(patch)}"`;
  }
  if (warnings.length > 0) fields += `,"warnings":${toAscii(warnings)}`;
  let annotations = '';
  for (const key of Object.keys(auditAnnotations))
    annotations += `${annotations === '' ? '' : ','}${quote(key)}:${quote(auditAnnotations[key] ?? '')}`;
  return annotations === '' ? fields : `${fields},"auditAnnotations":{${annotations}}`;
}

/** `toAscii`, faster: most texts need no escapes. */
function quote(text: string): string {
  return isPlain.test(text) ? `"${text}"` : toAscii(text);
}

/** As JSON, in which any UTF-16 unit can be written as an escape. */
function toAscii(value: unknown): string {
  const json = JSON.stringify(value);
  return isBeyondAscii.test(json) ? escapeUnits(json) : json;
}

const isPlain = /^[ !#-[\]-~]*$/;
const isBeyondAscii = /[\u0080-\uFFFF]/;
const hexDigits = Buffer.from('0123456789abcdef');

/** Unit by unit into bytes, since a uid may be as long as a review: a text for each would take ten times as long. */
function escapeUnits(json: string): string {
  const bytes = Buffer.allocUnsafe(json.length * String.raw`\uFFFF`.length);
  let length = 0;
  for (let index = 0; index < json.length; index++) {
    const unit = json.charCodeAt(index);
    if (unit < 0x80) bytes[length++] = unit;
    else {
      bytes[length++] = backslashCode;
      bytes[length++] = lowerUCode;
      for (let shift = 12; shift >= 0; shift -= 4) bytes[length++] = hexDigits[(unit >> shift) & 15] ?? 0;
    }
  }
  return bytes.toString('latin1', 0, length);
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
