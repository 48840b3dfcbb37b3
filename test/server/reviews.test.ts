import { Agent } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { maxBodyBytes } from '../../src/server/admission.js';
import { policiesOf } from '../admission/plans.js';
import { plainPod, readAnswer, readRefusal, reviewOf } from '../admission/reviews.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { send, sendReview } from './client.js';

let server: AdmissionServer;

beforeAll(async () => {
  server = await startAdmission();
});
afterEach(() => expect(server.faults).toEqual([]));
afterAll(() => server.close());

describe('a review over TLS', () => {
  it('is answered with a patch under its uid', async () => {
    const { status, headers, text } = await sendReview(server, plainPod, { uid: 'u-1' });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
    const { uid, patch } = readAnswer(text);
    expect(uid).toBe('u-1');
    expect(patch?.every(({ op }) => op === 'add')).toBe(true);
    expect(patch).toContainEqual(expect.objectContaining({ path: '/spec/containers/0/securityContext' }));
  });

  it.each(['/mutate', '/mutate?timeout=10s', '/mutate?', '/mutate?a=/mutate'])(
    'is taken at the path %s',
    async (path) => {
      const { status } = await send(server, { path, body: reviewOf(plainPod) });
      expect(status).toBe(200);
    },
  );

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON ; charset=utf-8',
  ])('is taken as %s', async (type) => {
    const headers = { 'content-type': type };
    expect(await send(server, { headers, body: reviewOf(plainPod) })).toMatchObject({ status: 200 });
  });

  it('is taken where it says that it is not encoded', async () => {
    const headers = { 'content-encoding': 'identity' };
    expect(await send(server, { headers, body: reviewOf(plainPod) })).toMatchObject({ status: 200 });
  });
});

describe('a validating review over TLS', () => {
  const privilegedPod = {
    ...plainPod,
    spec: { containers: [{ name: 'app', image: 'a', securityContext: { privileged: true } }] },
  };
  const validate = (pod: unknown) => send(server, { path: '/validate?timeout=2s', body: reviewOf(pod) });

  afterEach(() => {
    server.policies = policiesOf();
  });

  it('is refused where its policy denies the pod', async () => {
    server.policies = policiesOf({ controls: { privileged: { mode: 'deny' } } });
    const { status, text } = await validate(privilegedPod);
    expect({ status, refusal: readRefusal(text) }).toMatchObject({
      status: 200,
      refusal: {
        message: expect.stringMatching(/^policy default in namespace shop refuses the pod for privileged\n/),
      },
    });
  });

  it('is admitted without a patch otherwise', async () => {
    const { status, text } = await validate(privilegedPod);
    expect(status).toBe(200);
    expect(readAnswer(text)).toMatchObject({ patch: undefined, warnings: [] });
  });

  it('is not taken by another method, nor in another type', async () => {
    expect(await send(server, { path: '/validate', method: 'GET' })).toMatchObject({ status: 405 });
    const headers = { 'content-type': 'text/plain' };
    expect(await send(server, { path: '/validate', headers, body: '{}' })).toMatchObject({ status: 415 });
  });
});

describe('what is none of our business', () => {
  const podOf = (fields: object) => ({ ...plainPod, ...fields });

  it.each<[string, unknown, Record<string, unknown>]>([
    ['an update', plainPod, { operation: 'UPDATE', oldObject: plainPod }],
    ['a deletion', null, { operation: 'DELETE', oldObject: plainPod }],
    ['a connection', { kind: 'PodExecOptions' }, { operation: 'CONNECT', subResource: 'exec' }],
    [
      'a binding',
      { kind: 'Binding' },
      { subResource: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' } },
    ],
    ['an eviction', { kind: 'Eviction' }, { subResource: 'eviction' }],
    [
      'ephemeral containers',
      podOf({ spec: { ...plainPod.spec, ephemeralContainers: [{ name: 'debugger' }] } }),
      { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: plainPod },
    ],
    ['a resize', plainPod, { operation: 'UPDATE', subResource: 'resize' }],
    ['the status', plainPod, { operation: 'UPDATE', subResource: 'status' }],
    [
      'a deployment',
      podOf({ kind: 'Deployment' }),
      { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } },
    ],
    ['a kind that does not exist', {}, { kind: { group: 'x', version: 'y', kind: 'Z' } }],
    ['a pod of another API group', plainPod, { kind: { group: 'example.com', version: 'v1', kind: 'Pod' } }],
  ])('is allowed without a patch: %s', async (_what, object, fields) => {
    const { status, text } = await sendReview(server, object, { ...fields, uid: 'u-2' });
    expect(status).toBe(200);
    expect(readAnswer(text)).toEqual({ uid: 'u-2', warnings: [], auditAnnotations: {} });
  });
});

describe('many reviews at once', () => {
  it('are each answered under their own uid', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const uids = Array.from({ length: 200 }, (_, number) => `u-${number}`);
    const answers = await Promise.all(
      uids.map(async (uid) => {
        const { text } = await send(server, { body: reviewOf(plainPod, { uid }), agent });
        return readAnswer(text);
      }),
    );
    agent.destroy();
    expect(answers.map(({ uid }) => uid)).toEqual(uids);
    expect(answers.every(({ patch }) => patch !== undefined)).toBe(true);
  });

  it('are answered also where some of them are none', async () => {
    const good = reviewOf(plainPod);
    const bodies = Array.from({ length: 60 }, (_, number) => [good, '{', good, '[]'][number % 4] ?? '');
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const answers = await Promise.all(bodies.map((body) => send(server, { body, agent })));
    agent.destroy();
    expect(answers.map(({ status }) => status)).toEqual(bodies.map((body) => (body === good ? 200 : 400)));
  });
});

describe('a large review', () => {
  /** A review whose JSON has exactly that many bytes. */
  const reviewOfBytes = (bytes: number) => {
    const withNote = (note: string) => reviewOf({ ...plainPod, metadata: { annotations: { note } } });
    return withNote('x'.repeat(bytes - withNote('').length));
  };

  it('is taken up to 16 MiB', async () => {
    expect(maxBodyBytes).toBe(16 * 1024 * 1024);
    const body = reviewOfBytes(maxBodyBytes);
    expect(Buffer.byteLength(body)).toBe(maxBodyBytes);
    for (const sent of [body, [body]]) {
      const { status, text } = await send(server, { body: sent });
      expect(status).toBe(200);
      // Taken, understood and answered, and left alone: it could not be stored with more.
      expect(readAnswer(text).auditAnnotations).toEqual({ exempt: 'nearlyTooLarge' });
    }
  });

  it('is refused from one byte more on, whether its length is told or not', async () => {
    const body = reviewOfBytes(maxBodyBytes + 1);
    for (const sent of [body, [body]]) {
      const { status, text } = await send(server, { body: sent });
      expect(status).toBe(413);
      expect(JSON.parse(text)).toMatchObject({ where: 'body', expected: 'at most 16777216 bytes' });
    }
  });
});
