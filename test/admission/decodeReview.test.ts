import { describe, expect, it } from '@jest/globals';
import { decodeReview } from '../../src/admission/review.js';
import { ReviewError } from '../../src/errors.js';
import { plainPod, requestOf, reviewOf } from './reviews.js';

/** Message and status of the error. */
function refusalOf(body: string): { message: string; status: number } {
  try {
    decodeReview(body);
  } catch (error) {
    if (error instanceof ReviewError) return { message: error.message, status: error.status };
    throw error;
  }
  throw new Error('expected a ReviewError, found none');
}

const envelope = (request: unknown) =>
  JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });

describe('decodeReview', () => {
  it('gives what is acted on', () => {
    const review = reviewOf(plainPod, {
      subResource: 'ephemeralcontainers',
      operation: 'UPDATE',
      dryRun: true,
      oldObject: { spec: {} },
    });
    expect(decodeReview(review)).toEqual({
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      subResource: 'ephemeralcontainers',
      name: 'web',
      namespace: 'shop',
      operation: 'UPDATE',
      dryRun: true,
      object: plainPod,
      oldObject: { spec: {} },
      bytes: review.length * 3,
    });
  });

  it('fills in what a generated pod has not', () => {
    const review = envelope({ uid: 'u', kind: { kind: 'Pod' }, operation: 'CREATE' });
    expect(decodeReview(review)).toEqual({
      uid: 'u',
      kind: { group: '', version: '', kind: 'Pod' },
      subResource: '',
      name: '',
      namespace: '',
      operation: 'CREATE',
      dryRun: false,
      object: undefined,
      oldObject: undefined,
      bytes: review.length * 3,
    });
  });

  it.each([
    ['', 'body: expected JSON, found Unexpected end of JSON input'],
    ['{"a":', 'body: expected JSON, found '],
    ['\uFEFF{}', 'body: expected JSON, found '],
    ['null', 'body: expected an AdmissionReview, found null'],
    ['[]', 'body: expected an AdmissionReview, found '],
    ['7', 'body: expected an AdmissionReview, found 7'],
    ['"AdmissionReview"', 'body: expected an AdmissionReview, found "AdmissionReview"'],
    ['{}', 'kind: expected AdmissionReview, found nothing'],
    ['{"kind":"Pod"}', 'kind: expected AdmissionReview, found "Pod"'],
    ['{"kind":["AdmissionReview"]}', 'kind: expected AdmissionReview, found '],
    [
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"}',
      'apiVersion: expected admission.k8s.io/v1, found "admission.k8s.io/v1beta1"',
    ],
    [envelope(undefined), 'request: expected a mapping, found nothing'],
    [envelope([]), 'request: expected a mapping, found '],
    [envelope(requestOf({}, { uid: undefined })), 'request.uid: expected a string, found nothing'],
    [envelope(requestOf({}, { uid: '' })), 'request.uid: expected a string, found ""'],
    [envelope(requestOf({}, { uid: 5 })), 'request.uid: expected a string, found 5'],
    [envelope(requestOf({}, { operation: null })), 'request.operation: expected a string, found null'],
    [envelope(requestOf({}, { kind: 'Pod' })), 'request.kind: expected a mapping, found "Pod"'],
  ])('refuses %j', (body, message) => {
    const refusal = refusalOf(body);
    expect(refusal.status).toBe(400);
    expect(refusal.message.slice(0, message.length)).toBe(message);
  });

  it.each([
    ['a list', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a kind', `{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a uid', envelope({ uid: '@' }).replace('"@"', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
  ])('refuses %s that is 100,000 levels deep, in a short message', (_, body) => {
    const { message, status } = refusalOf(body);
    expect(status).toBe(400);
    expect(message.length).toBeLessThan(300);
  });

  it('quotes no more of a long value than a message can bear', () => {
    const { message } = refusalOf(JSON.stringify({ kind: 'x'.repeat(1_000_000) }));
    expect(message.length).toBeLessThan(300);
  });
});

describe('a body with more values than any pod has', () => {
  const withJunk = (junk: string) =>
    reviewOf(plainPod).replace('"dryRun":false', `"dryRun":false,"junk":${junk}`);
  const list = (item: string, count: number) => `[${Array.from({ length: count }, () => item).join(',')}]`;

  it.each([
    ['objects', list('{}', 700_000)],
    ['lists in each other', `${'['.repeat(1_100_000)}${']'.repeat(1_100_000)}`],
    ['numbers', list('0', 1_100_000)],
    ['members', `{${Array.from({ length: 1_100_000 }, () => '"":0').join(',')}}`],
  ])('is refused before it is parsed: %s', (_what, junk) => {
    expect(refusalOf(withJunk(junk))).toEqual({
      message: 'body: expected at most 1000000 values, found more',
      status: 413,
    });
  });

  it('is none where they stand in a text', () => {
    const text = JSON.stringify('[,{\\",'.repeat(1_000_000));
    expect(decodeReview(withJunk(text)).operation).toBe('CREATE');
  });
});
