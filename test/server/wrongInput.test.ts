import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { plainPod, requestOf, reviewOf } from '../admission/reviews.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { type Request, send, sendReview } from './client.js';
import { expectProblem } from './problems.js';

const good = reviewOf(plainPod);

let server: AdmissionServer;

beforeAll(async () => {
  server = await startAdmission();
});
// Whatever was sent, nothing of it is a fault of ours, and the next review is answered.
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(await sendReview(server, plainPod)).toMatchObject({ status: 200 });
});
afterAll(() => server.close());

describe('a request that is no review', () => {
  it.each<[string, Request, number, Record<string, unknown>]>([
    ['of another method', { method: 'GET' }, 405, { where: 'method', expected: 'POST', found: 'GET' }],
    ['that would replace one', { method: 'PUT', body: good }, 405, { where: 'method', found: 'PUT' }],
    ['that would delete one', { method: 'DELETE' }, 405, { where: 'method', found: 'DELETE' }],
    ['of a method with a body', { method: 'PATCH', body: good }, 405, { where: 'method', found: 'PATCH' }],
    [
      'at another path',
      { path: '/mutate2', body: good },
      404,
      {
        where: 'path',
        expected: 'POST /mutate, POST /validate, GET /healthz, GET /readyz',
        found: 'POST /mutate2',
      },
    ],
    ['at the root', { path: '/', body: good }, 404, { found: 'POST /' }],
    ['at a path below', { path: '/mutate/x?timeout=1s', body: good }, 404, { found: 'POST /mutate/x' }],
    ['at a path that is no UTF-8', { path: '/%ff%00', method: 'GET' }, 404, { found: 'GET /%ff%00' }],
    ['to a probe', { path: '/readyz', body: good }, 405, { where: 'method', expected: 'GET', found: 'POST' }],
    [
      'of another type',
      { headers: { 'content-type': 'application/yaml' }, body: good },
      415,
      { where: 'Content-Type', expected: 'application/json', found: 'application/yaml' },
    ],
    ['of no type', { headers: { 'content-type': '' }, body: good }, 415, { where: 'Content-Type' }],
    [
      'of a type that only begins alike',
      { headers: { 'content-type': 'application/json-patch+json' }, body: good },
      415,
      { found: 'application/json-patch+json' },
    ],
    [
      'of a form',
      { headers: { 'content-type': 'text/plain; application/json' }, body: good },
      415,
      { found: 'text/plain; application/json' },
    ],
    [
      'that is compressed',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(good) },
      415,
      { where: 'Content-Encoding', expected: 'none', found: 'gzip', advice: expect.any(String) },
    ],
    [
      'that would grow to 100 MiB',
      { headers: { 'content-encoding': 'GZIP' }, body: gzipSync(Buffer.alloc(100 * 1024 * 1024)) },
      415,
      { found: 'GZIP' },
    ],
    [
      'that says it is compressed, and is not',
      { headers: { 'content-encoding': 'br' }, body: good },
      415,
      { found: 'br' },
    ],
    [
      'that is too large by far',
      { body: Buffer.alloc(40 * 1024 * 1024, ' ') },
      413,
      { where: 'body', expected: 'at most 16777216 bytes', found: '41943040 bytes' },
    ],
  ])('is told what is wrong: one %s', async (_what, request, status, parts) => {
    const answer = await send(server, request);
    expectProblem(answer, status, parts);
    if (answer.headers.allow !== undefined) expect(status).toBe(405);
  });

  it('is told which methods there are', async () => {
    expect((await send(server, { method: 'GET' })).headers.allow).toBe('POST');
    expect((await send(server, { path: '/healthz' })).headers.allow).toBe('GET');
  });

  it('gets the headers only where it asks for no more', async () => {
    expect(await send(server, { method: 'HEAD' })).toMatchObject({ status: 405, text: '' });
  });
});

describe('a body that is no review', () => {
  const reviewWith = (fields: object) =>
    JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', ...fields });

  it.each<[string, string | Buffer, Record<string, unknown>]>([
    ['nothing', '', { where: 'body', expected: 'JSON' }],
    ['blanks', '  \n ', { where: 'body', expected: 'JSON' }],
    ['half of one', good.slice(0, good.length / 2), { where: 'body', expected: 'JSON' }],
    ['one and a half', `${good}{`, { where: 'body', expected: 'JSON' }],
    ['one after a byte order mark', `\uFEFF${good}`, { where: 'body', expected: 'JSON' }],
    ['one in UTF-16', Buffer.from(good, 'utf16le'), { where: 'body', expected: 'JSON' }],
    ['YAML', 'kind: AdmissionReview\n', { where: 'body', expected: 'JSON' }],
    ['text that is compressed', gzipSync(good), { where: 'body', expected: 'text in UTF-8' }],
    ['null', 'null', { where: 'body', expected: 'an AdmissionReview', found: 'null' }],
    ['a list', `[${good}]`, { where: 'body', found: 'a list' }],
    ['a number', '1', { where: 'body', found: '1' }],
    ['an empty object', '{}', { where: 'kind', expected: 'AdmissionReview', found: 'nothing' }],
    ['a pod', JSON.stringify(plainPod), { where: 'kind', found: '"Pod"' }],
    [
      'one of another version',
      reviewWith({ apiVersion: 'admission.k8s.io/v1beta1', request: requestOf(plainPod) }),
      { where: 'apiVersion', expected: 'admission.k8s.io/v1', found: '"admission.k8s.io/v1beta1"' },
    ],
    ['one without a request', reviewWith({}), { where: 'request', found: 'nothing' }],
    [
      'an answer',
      reviewWith({ response: { uid: 'u', allowed: true } }),
      { where: 'request', found: 'nothing' },
    ],
    ['one without a uid', reviewOf(plainPod, { uid: undefined }), { where: 'request.uid', found: 'nothing' }],
    ['one with an empty uid', reviewOf(plainPod, { uid: '' }), { where: 'request.uid', found: '""' }],
    ['one with a number for a uid', reviewOf(plainPod, { uid: 7 }), { where: 'request.uid', found: '7' }],
    ['one without an operation', reviewOf(plainPod, { operation: null }), { where: 'request.operation' }],
    ['one without a kind', reviewOf(plainPod, { kind: 'Pod' }), { where: 'request.kind', found: '"Pod"' }],
    ['brackets, 1,000,000 deep', '['.repeat(1_000_000), { where: 'body' }],
    [
      'lists, 100,000 deep',
      `{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      { where: 'kind', found: 'a list' },
    ],
    ['a key of all objects', '{"__proto__":{"kind":"AdmissionReview"}}', { where: 'kind', found: 'nothing' }],
  ])('is told what is wrong: %s', async (_what, body, parts) => {
    expectProblem(await send(server, { body }), 400, parts);
  });

  it('is counted, and its text is in no answer at length', async () => {
    const before = server.observer.malformations.length;
    const { text } = await send(server, { body: JSON.stringify({ kind: 'x'.repeat(1_000_000) }) });
    expect(text.length).toBeLessThan(1000);
    expect(server.observer.malformations).toHaveLength(before + 1);
  });
});

describe('a pod that is none', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'pod'],
    ['a list', []],
    ['an empty object', {}],
    ['one without containers', { spec: {} }],
    ['one with a text for containers', { spec: { containers: 'app' } }],
    ['one with null for a container', { spec: { containers: [null] } }],
    [
      'one with numbers for names',
      { metadata: { name: 1, annotations: { a: 1 } }, spec: { containers: [{ name: 2 }] } },
    ],
  ])('is left to the API server, which says what is wrong with it: %s', async (_what, object) => {
    const { status, text } = await sendReview(server, object, { uid: 'u-5' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ response: { uid: 'u-5', allowed: true } });
  });
});
