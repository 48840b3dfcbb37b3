import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { send } from '../server/client.js';
import { cleanUp, serve, type Serving } from '../server/program.js';
import { expectProblem, PreviewServer } from './previewServer.js';

let server: Serving;
const withCluster = new PreviewServer();
beforeAll(async () => {
  server = await serve();
  await withCluster.open();
});
afterAll(() => {
  cleanUp();
  withCluster.close();
});

const broken = { spec: { containers: 'none' } };

describe('POST /preview?as=review', () => {
  it.each([
    ['a pod', reviewOf(plainPod, { uid: 'u-1' })],
    ['a pod that is none', reviewOf(broken as never)],
    ['another kind', reviewOf(plainPod, { kind: { group: '', version: 'v1', kind: 'Service' } })],
  ])('answers what POST /mutate answers to %s', async (_what, body) => {
    const answer = await fetch(`${server.operationsUrl}/preview?as=review`, { method: 'POST', body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    const mutated = await send(server, { body });
    expect(JSON.parse(await answer.text())).toEqual(JSON.parse(mutated.text));
  });

  it('knows what the webhook knows of the namespace', async () => {
    const answerIn = async (namespace: string) =>
      readAnswer((await withCluster.post(reviewOf(plainPod, { namespace }), '?as=review')).text);
    expect(JSON.stringify((await answerIn('strict')).patch)).toContain('"runAsUser":4242');
    expect((await answerIn('audited')).patch).toBeUndefined();
    expect((await answerIn('unknown')).patch).toBeUndefined();
  });

  it.each([
    ['something else', '{"kind":"Pod"}', '?as=review', { where: 'kind', expected: 'AdmissionReview' }],
    ['another form', reviewOf(plainPod), '?as=yaml', { where: 'as', expected: 'review' }],
    ['a choice beside it', reviewOf(plainPod), '?as=review&mode=warn', { where: 'query', found: '"mode"' }],
  ])('says what is wrong with %s', async (_what, body, query, problem) => {
    expectProblem(await withCluster.post(body, query), problem);
  });
});
