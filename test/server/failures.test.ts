import { Agent } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReviewError } from '../../src/errors.js';
import { brokenPolicies, policiesWith } from '../admission/brokenPolicies.js';
import { policiesOf } from '../admission/plans.js';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { type AdmissionServer, startAdmission } from './admissionServer.js';
import { type Answer, send, sendReview } from './client.js';
import { expectProblem } from './problems.js';

let server: AdmissionServer;

beforeEach(async () => {
  server = await startAdmission();
});
afterEach(() => server.close());

/** Law 7: the pod is admitted as it is, and the person is told. */
function expectAdmittedUnchanged({ status, text }: Answer): void {
  expect(status).toBe(200);
  expect(readAnswer(text)).toMatchObject({
    patch: undefined,
    warnings: [expect.stringMatching(/^podtemper: .*not hardened/)],
    auditAnnotations: { error: expect.any(String) },
  });
}

describe('a fault of ours', () => {
  it.each<[string, () => never]>([
    ['throws an error', () => fail(new Error('a secret of the control'))],
    [
      'throws an error that is meant for callers',
      () => fail(new ReviewError({ where: 'a', expected: 'b', found: 'c' }, 400)),
    ],
    ['throws nothing that is an error', () => fail(null)],
    ['never comes back from itself', () => overflow()],
  ])('never blocks a pod: a control that %s', async (_what, decide) => {
    server.policies = policiesWith('resources', decide);
    const answer = await sendReview(server, plainPod);
    expectAdmittedUnchanged(answer);
    expect(answer.text).not.toContain('secret');
    expect(server.observer.failures).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });

  it('is over as soon as its cause is', async () => {
    server.policies = brokenPolicies();
    expectAdmittedUnchanged(await sendReview(server, plainPod));
    server.policies = policiesOf();
    expect(readAnswer((await sendReview(server, plainPod)).text).patch).toBeDefined();
  });

  it('of one review does not touch the others that came with it', async () => {
    let calls = 0;
    server.policies = policiesWith('resources', () => {
      calls += 1;
      return calls % 2 === 0 ? fail(new Error('every second time')) : { kind: 'keep' };
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const body = reviewOf(plainPod);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(server, { body, agent })));
    agent.destroy();
    const hardened = answers.filter(({ text }) => readAnswer(text).patch !== undefined);
    expect(hardened).toHaveLength(50);
    expect(server.observer.failures).toHaveLength(50);
  });
});

describe('a fault of ours where there is no review to answer', () => {
  it.each<[string, () => Promise<string>]>([
    ['at once', () => fail(new Error('a secret of the service'))],
    ['later', () => Promise.reject(new Error('a secret of the service'))],
  ])('is an error 500 that tells nothing, and the server goes on: %s', async (_when, answer) => {
    let isBroken = true;
    const broken = await startAdmission({ answer: () => (isBroken ? answer() : 'answered') });
    const problem = await sendReview(broken, plainPod);
    expect(problem).toMatchObject({ status: 500, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(problem.text)).toEqual({
      type: 'about:blank',
      status: 500,
      detail: 'an error in podtemper itself; see its log',
    });
    expect(broken.faults).toEqual([new Error('a secret of the service')]);
    isBroken = false;
    expect(await sendReview(broken, plainPod)).toMatchObject({ status: 200, text: 'answered' });
    broken.close();
  });

  it('is an error of the caller where that is what it says, also later', async () => {
    const error = new ReviewError({ where: 'kind', expected: 'AdmissionReview', found: '"Pod"' });
    const broken = await startAdmission({ answer: () => Promise.reject(error) });
    expectProblem(await sendReview(broken, plainPod), 400, { where: 'kind' });
    expect(broken.faults).toEqual([]);
    broken.close();
  });
});

function fail(fault: unknown): never {
  throw fault;
}

function overflow(): never {
  return overflow();
}
