import { describe, expect, it } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { checkPreviewAnswer, checkReviewAnswer } from './checks.js';
import { trendOf } from './memory.js';

const body = Buffer.from(reviewOf(plainPod, { uid: 'u' }));
const json = { 'content-type': 'application/json' };
const problem = { 'content-type': 'application/problem+json' };

/** What is found where a review is answered with this response. */
function findingOf(response: object): string | undefined {
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const text = JSON.stringify({ ...review, response: { uid: 'u', allowed: true, ...response } });
  return foundIn(() => checkReviewAnswer(body, { status: 200, headers: json, text }));
}

function foundIn(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const patchOf = (...operations: object[]) => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

describe('the checks of an answer to a review', () => {
  it('find nothing in a good one', () => {
    const added = { op: 'add', path: '/spec/hostUsers', value: false };
    expect(findingOf({})).toBeUndefined();
    expect(findingOf({ ...patchOf(added), warnings: ['podtemper: x'] })).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['another uid', { uid: 'v' }, 'the uid "u" comes back as "v"'],
    ['a refusal', { allowed: false }, 'no valid AdmissionReview'],
    ['a field that is none', { more: 1 }, 'no valid AdmissionReview'],
    ['a patch that removes', patchOf({ op: 'remove', path: '/spec' }), 'a patch that holds "remove"'],
    [
      'a patch to nowhere',
      patchOf({ op: 'add', path: '/spec/volumes/0/x', value: 1 }),
      'a patch that cannot be applied at /spec/volumes/0/x',
    ],
    [
      'a patch below a text',
      patchOf({ op: 'add', path: '/metadata/name/x', value: 1 }),
      'a patch that cannot be applied at /metadata/name/x',
    ],
    [
      'a patch of what is set',
      patchOf({ op: 'add', path: '/metadata/name', value: 'x' }),
      'a patch that overwrites /metadata/name',
    ],
    ['a long warning', { warnings: ['x'.repeat(121)] }, 'a warning of 121 characters'],
    ['a warning with a line break', { warnings: ['x\ny'] }, 'a warning with control characters'],
    [
      'too many warnings',
      { warnings: Array.from({ length: 40 }, () => 'x'.repeat(110)) },
      'warnings of 4400',
    ],
    [
      'a failure of ours',
      { warnings: ['podtemper: not hardened, because of an error in podtemper itself; see its log'] },
      'a failure of podtemper',
    ],
    [
      'a bad key of an audit annotation',
      { auditAnnotations: { 'a b': 'x' } },
      'an audit annotation with the key',
    ],
    ['a long audit annotation', { auditAnnotations: { a: 'x'.repeat(5000) } }, 'an audit annotation of 5000'],
  ])('find %s', (_what, response, finding) => {
    expect(findingOf(response)).toContain(finding);
  });

  it.each<[string, string | Buffer, number, string, string]>([
    ['a refusal of what is a review', body, 400, '{"status":400,"detail":"x"}', 'a review is answered 400'],
    ['an answer to what is none', '{}', 200, '{}', 'what is no review is answered 200'],
    ['a fault', '{}', 500, '{"status":500,"detail":"x"}', 'what is no review is answered 500'],
    ['a problem without a sentence', '{}', 400, '{"status":400}', 'a problem that is none'],
    ['a problem of another status', '{}', 400, '{"status":404,"detail":"x"}', 'a problem that is none'],
  ])('find %s', (_what, sent, status, text, finding) => {
    const answer = { status, headers: problem, text };
    expect(foundIn(() => checkReviewAnswer(Buffer.from(sent), answer))).toContain(finding);
  });
});

describe('the checks of a preview', () => {
  it('find a fault, and JSON that is none', () => {
    const fault = { status: 500, headers: problem, text: '{"status":500,"detail":"x"}' };
    expect(foundIn(() => checkPreviewAnswer(fault))).toContain('answered 500');
    expect(foundIn(() => checkPreviewAnswer({ status: 200, headers: json, text: '{' }))).toContain('no JSON');
    expect(foundIn(() => checkPreviewAnswer({ status: 200, headers: json, text: '{}' }))).toBeUndefined();
  });
});

describe('the trend of memory', () => {
  const noise = (index: number) => 150 + ((index * 37) % 100);

  it('is flat where it goes up and down', () => {
    expect(trendOf(Array.from({ length: 200 }, (_, index) => noise(index)))).toMatchObject({ isFlat: true });
  });

  it('is not where a little more is kept each time', () => {
    const leaking = Array.from({ length: 200 }, (_, index) => noise(index) + index * 0.6);
    expect(trendOf(leaking)).toMatchObject({ isFlat: false });
  });
});
