import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, jsonPod, pod, PreviewServer, strict } from './previewServer.js';

const server = new PreviewServer();
beforeAll(() => server.open());
afterAll(() => server.close());

describe('POST /preview takes all in one', () => {
  const inline = (parts: object, query = '') =>
    server.shown(JSON.stringify({ manifests: pod(), ...parts }), query);

  it.each([
    ['text', pod()],
    ['an object', jsonPod],
    ['a list of objects', [jsonPod]],
  ])('manifests as %s', async (_form, manifests) => {
    expect((await inline({ manifests })).items).toMatchObject([{ kind: 'Pod', name: 'web' }]);
  });

  it.each([
    ['text', JSON.stringify(strict)],
    ['an object', strict],
  ])('a policy as %s, which then counts', async (_form, policy) => {
    expect((await inline({ policy })).items).toMatchObject([{ policy: 'strict' }]);
  });

  it('a namespace by its name', async () => {
    expect((await inline({ namespace: 'audited' })).items).toMatchObject([{ mode: 'audit' }]);
  });

  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { 'podtemper.io/mode': 'warn' } },
  };
  it.each([
    ['a text', JSON.stringify(namespace)],
    ['an object', namespace],
    ['a list', [namespace, { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'a' }, spec: {} }]],
  ])('a namespace as it is described by %s', async (_form, described) => {
    expect((await inline({ namespace: described })).items).toMatchObject([{ mode: 'warn' }]);
  });

  it('a LimitRange that names no namespace, in the one of the query', async () => {
    const spec = { limits: [{ type: 'Container', maxLimitRequestRatio: { memory: '2' } }] };
    const bounds = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'a' }, spec };
    const shown = await inline({ namespace: bounds }, '?namespace=shop');
    expect(JSON.stringify(shown)).toContain('"limits":{"cpu":"1","memory":"128Mi"}');
  });

  it('as YAML too', async () => {
    const body = `namespace: audited\nmanifests: |\n${pod().replaceAll(/^/gm, '  ')}`;
    expect((await server.shown(body)).items).toMatchObject([{ name: 'web', mode: 'audit' }]);
  });

  it.each([
    ['manifests that are none', { manifests: 1 }, { where: 'manifests', found: 'something else' }],
    ['a misspelt part', { polcy: '' }, { found: '"polcy"', advice: 'did you mean "policy"?' }],
    ['a policy that is no YAML', { policy: 'a: [' }, { where: 'manifest', file: 'policy' }],
    ['a policy of another kind', { policy: jsonPod }, { where: 'apiVersion', file: 'policy' }],
    [
      'two policies of one name',
      { policy: `${JSON.stringify(strict)}\n---\n${JSON.stringify(strict)}` },
      { where: 'metadata.name', file: 'policy', line: 3, found: expect.stringContaining('after policy:1:') },
    ],
    ['a policy that is nested deeply', { policy: '['.repeat(5000) }, { where: 'nesting', file: 'policy' }],
    ['a namespace that is no YAML', { namespace: 'a: [' }, { where: 'manifest', file: 'namespace' }],
    [
      'a namespace of another shape',
      { namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: 1 } },
      { where: 'metadata', file: 'namespace' },
    ],
  ])('and says what is wrong with %s', async (_what, parts, problem) => {
    expectProblem(await server.post(JSON.stringify({ manifests: pod(), ...parts })), problem);
  });

  it('and takes a pod that is called so for a pod', async () => {
    const manifest = JSON.stringify({ namespace: 'x', ...jsonPod });
    expect((await server.shown(manifest)).items).toMatchObject([{ kind: 'Pod' }]);
  });
});
