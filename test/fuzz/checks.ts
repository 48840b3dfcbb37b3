import jsonPatch, { type Operation } from 'fast-json-patch';
import { annotationKeys } from '../../src/kubernetes.js';
import type { Answer as HttpAnswer } from '../server/client.js';
import { type Answer, type Fields, readAnswer, readRefusal } from '../admission/reviews.js';

/** Something that must not be, whatever was sent. */
export class Finding extends Error {
  constructor(seen: string) {
    super(seen);
    this.name = 'Finding';
  }
}

type Status = Pick<HttpAnswer, 'status' | 'headers' | 'text'>;

/** What the answer to a body must be, by the body alone. */
export function checkReviewAnswer(body: Buffer, answer: Status, mayRefuse = false): void {
  // Too many bytes, or too many values for what is left.
  const isTooLarge = answer.status === 413 && body.length > smallestTooLarge;
  const review = isTooLarge ? undefined : reviewIn(body);
  if (review === undefined) {
    checkProblem(answer);
    return;
  }
  if (answer.status !== 200)
    throw new Finding(`a review is answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  if (!mayRefuse || !isRefusal(review, answer.text)) checkResponse(review, answer.text);
}

/** Says no with a status of the caller's fault, and what was wrong. */
export function checkProblem({ status, headers, text }: Status): void {
  if (status < 400 || status > 499)
    throw new Finding(`what is no review is answered ${status}: ${text.slice(0, 300)}`);
  if (headers['content-type'] !== 'application/problem+json')
    throw new Finding(`${status} with content type ${String(headers['content-type'])}`);
  const problem = parse(text) as Fields | undefined;
  if (problem?.status !== status || typeof problem.detail !== 'string')
    throw new Finding(`${status} with a problem that is none: ${text.slice(0, 300)}`);
  if (text.length > maxProblemLength) throw new Finding(`a problem of ${text.length} characters`);
}

/** What was found is said twice, and may be a header, of which all together have 16 KiB. */
const maxProblemLength = 40_000;
const smallestTooLarge = 1_000_000;
const maxBodyBytes = 16 * 1024 * 1024;

interface Review {
  readonly uid: string;
  readonly object: unknown;
}

/** The review that the body is, as JSON.parse sees it; undefined where it is none. */
export function reviewIn(body: Buffer): Review | undefined {
  if (body.length > maxBodyBytes) return undefined;
  const text = body.toString('utf8');
  const review = Buffer.from(text).equals(body) ? parse(text) : undefined;
  const isObject = (value: unknown): value is Fields =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(review) || review.kind !== 'AdmissionReview') return undefined;
  if (review.apiVersion !== 'admission.k8s.io/v1' || !isObject(review.request)) return undefined;
  const { uid, operation, kind, object } = review.request;
  const isWhole = typeof uid === 'string' && uid !== '' && typeof operation === 'string' && isObject(kind);
  return isWhole ? { uid, object } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether it is one, with a sentence and of a length that a person reads. */
function isRefusal({ uid }: Review, text: string): boolean {
  if (!text.includes('"allowed":false')) return false;
  const refusal = readResponse(() => readRefusal(text), text);
  if (refusal === undefined) return false;
  if (refusal.uid !== uid) throw new Finding(`another uid is refused: ${JSON.stringify(refusal.uid)}`);
  if (refusal.message.length > maxRefusalLength)
    throw new Finding(`a refusal of ${refusal.message.length} characters`);
  return true;
}

const maxRefusalLength = 30_000;

function checkResponse({ uid, object }: Review, text: string): void {
  const answer: Answer = readResponse(() => readAnswer(text), text);
  if (answer.uid !== uid)
    throw new Finding(`the uid ${JSON.stringify(uid)} comes back as ${JSON.stringify(answer.uid)}`);
  if (answer.patch !== undefined) checkPatch(object, answer.patch);
  checkWarnings(answer.warnings);
  checkAuditAnnotations(answer.auditAnnotations);
}

/** Strictly: nothing but what the API server knows. */
function readResponse<Read>(read: () => Read, text: string): Read {
  try {
    return read();
  } catch (error) {
    throw new Finding(`no valid AdmissionReview: ${text.slice(0, 300)}: ${String(error)}`);
  }
}

/** Where a second call completes what the first has written. */
const mark = `/metadata/annotations/${annotationKeys.hardened.replace('/', '~1')}`;

/** Adds, and nothing else, to a place where nothing is. */
function checkPatch(object: unknown, patch: readonly Operation[]): void {
  for (const operation of patch) {
    if (operation.op !== 'add') throw new Finding(`a patch that holds "${operation.op}"`);
    const isFree = operation.path.endsWith('/-') || operation.path === mark;
    if (!isFree && valueAt(object, operation.path) != null)
      throw new Finding(`a patch that overwrites ${operation.path}`);
    try {
      jsonPatch.applyOperation(object, operation, true, true, true);
    } catch (error) {
      throw new Finding(
        `a patch that cannot be applied at ${operation.path}: ${String(error).slice(0, 300)}`,
      );
    }
  }
}

function valueAt(object: unknown, pointer: string): unknown {
  try {
    return jsonPatch.getValueByPointer(object, pointer);
  } catch {
    return undefined;
  }
}

const maxWarning = 120;
const maxWarnings = 4096;

function checkWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) {
    const shown = JSON.stringify(warning.slice(0, 300));
    if (warning.length > maxWarning) throw new Finding(`a warning of ${warning.length} characters: ${shown}`);
    if (/[\p{Cc}\p{Cs}]/u.test(warning)) throw new Finding(`a warning with control characters: ${shown}`);
    if (/error in podtemper itself/.test(warning)) throw new Finding(`a failure of podtemper: ${shown}`);
  }
  const total = warnings.join('').length;
  if (total > maxWarnings) throw new Finding(`warnings of ${total} characters in all`);
}

const maxAnnotation = 4096;

function checkAuditAnnotations(annotations: Answer['auditAnnotations']): void {
  for (const [key, value] of Object.entries(annotations)) {
    // The second half of a qualified name (apimachinery, validation.IsQualifiedName).
    if (!/^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(key))
      throw new Finding(`an audit annotation with the key ${JSON.stringify(key)}`);
    if (value.length > maxAnnotation) throw new Finding(`an audit annotation of ${value.length} characters`);
  }
}

/** A preview, in the form that its content type says, or a problem. */
export function checkPreviewAnswer(answer: Status): void {
  if (answer.status !== 200) {
    checkProblem(answer);
    return;
  }
  const type = String(answer.headers['content-type']);
  if (type.startsWith('application/json') && parse(answer.text) === undefined)
    throw new Finding(`a preview that is no JSON: ${answer.text.slice(0, 300)}`);
}

/** What any HTTP answer must be at least. */
export function checkNoFault({ status, text }: Pick<Status, 'status' | 'text'>): void {
  if (!(status >= 200 && status < 500)) throw new Finding(`answered ${status}: ${text.slice(0, 300)}`);
}
