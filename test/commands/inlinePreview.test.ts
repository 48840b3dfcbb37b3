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

  describe('a policy that is written in place in YAML', () => {
    const manifests = `manifests: |\n${pod().replaceAll(/^/gm, '  ')}\n`;
    const policyOf = (...controls: string[]) =>
      [
        'policy:',
        '  apiVersion: podtemper.io/v1alpha1',
        '  kind: HardeningPolicy',
        '  metadata: { name: default }',
        '  spec:',
        '    controls:',
        ...controls.map((control) => `      ${control}`),
        '',
      ].join('\n');
    const hardenedBy = async (body: string) =>
      JSON.stringify((await server.shown(body)).items[0]?.hardened.spec);

    it.each([
      ['before the manifests', `${policyOf('resources: { mode: off }')}${manifests}`],
      ['behind them', `${manifests}${policyOf('resources: { mode: off }')}`],
      [
        'in brackets',
        `${manifests}policy: { apiVersion: podtemper.io/v1alpha1, kind: HardeningPolicy, metadata: { name: default },\n  spec: { controls: { resources: { mode: off } } } }\n`,
      ],
    ])('is read as a policy file is: %s', async (_where, body) => {
      const hardened = await hardenedBy(body);
      expect(hardened).toContain('seccompProfile');
      expect(hardened).not.toContain('resources');
    });

    const item = (name: string, mode = 'off') =>
      `  - apiVersion: podtemper.io/v1alpha1\n    kind: HardeningPolicy\n    metadata: { name: ${name} }\n    spec: { controls: { resources: { mode: ${mode} } } }\n`;
    const inBrackets = (...names: string[]) =>
      `[${names.map((name) => `{ apiVersion: podtemper.io/v1alpha1, kind: HardeningPolicy, metadata: { name: ${name} }, spec: { controls: { resources: { mode: off } } } }`).join(', ')}]\n`;

    it.each([
      ['as a list', `\n${item('other')}${item('default')}`],
      ['in brackets', ` ${inBrackets('other', 'default')}`],
    ])('may be several, %s', async (_form, policies) => {
      const hardened = await hardenedBy(`policy:${policies}${manifests}`);
      expect(hardened).toContain('seccompProfile');
      expect(hardened).not.toContain('resources');
    });

    it('says in which of several a fault stands', async () => {
      expectProblem(await server.post(`${manifests}policy:\n${item('other')}${item('default', 'of')}`), {
        file: 'policy[1]',
        line: 4,
        column: 44,
      });
    });

    it('may be brought in by an alias', async () => {
      const body = policyOf('resources: &none { mode: "off" }', 'seccompProfile: *none') + manifests;
      const hardened = await hardenedBy(body);
      expect(hardened).toContain('runAsNonRoot');
      expect(hardened).not.toContain('seccompProfile');
    });

    it('has its faults where they stand in the body', async () => {
      const body = `${manifests}${policyOf('resources: { mode: of }')}`;
      const line = body.split('\n').findIndex((text) => text.includes('mode: of')) + 1;
      expectProblem(await server.post(body), {
        where: 'spec.controls.resources.mode',
        file: 'policy',
        line,
        column: 26,
      });
    });
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
