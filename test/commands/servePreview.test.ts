import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyPatch } from 'diff';
import { parseAllDocuments } from 'yaml';
import { textOf } from '../preview/corpus.js';
import { expectProblem, jsonPod, pod, PreviewServer } from './previewServer.js';

const server = new PreviewServer();
beforeAll(() => server.open());
afterAll(() => server.close());

describe('POST /preview takes', () => {
  it.each([
    ['YAML', pod()],
    ['JSON', JSON.stringify(jsonPod)],
    ['YAML with & and = and %', pod('name: web, annotations: {a: "x=1&y=%20"}')],
  ])('%s, whatever curl calls it', async (_format, body) => {
    const { items, faults: unread } = await server.shown(body);
    expect(unread).toEqual([]);
    expect(items).toMatchObject([{ kind: 'Pod', name: 'web', policy: 'default', mode: 'enforce' }]);
    expect(items[0]?.hardened.spec.containers[0]?.securityContext).toMatchObject({ runAsNonRoot: true });
  });

  it.each(['application/yaml', 'application/json', 'text/plain', 'text/yaml; charset=utf-8'])(
    'a body of type %s',
    async (type) => {
      const { status } = await server.post(pod(), '', { 'content-type': type });
      expect(status).toBe(200);
    },
  );

  it('several documents, lists and reviews', async () => {
    const body = [textOf('list.yaml'), textOf('review.yaml'), textOf('cronjob.yaml')].join('\n---\n');
    expect((await server.shown(body)).items.map(({ kind }) => kind)).toEqual([
      'Pod',
      'ConfigMap',
      'Pod',
      'Pod',
      'CronJob',
    ]);
  });
});

describe('POST /preview answers with', () => {
  const manifest = textOf('deployment.yaml');
  const answerAs = async (accept: string) => {
    const { status, headers, text } = await server.post(manifest, '', { accept });
    expect(status).toBe(200);
    return { type: headers['content-type'], text };
  };

  it('JSON, unless something else is asked for', async () => {
    for (const accept of ['*/*', 'application/json', 'image/png, */*;q=0.1']) {
      const { type, text } = await answerAs(accept);
      expect(type).toMatch(/^application\/json/);
      expect(JSON.parse(text)).toMatchObject({ items: [{ kind: 'Deployment' }], faults: [], warnings: [] });
    }
  });

  it('YAML', async () => {
    const { type, text } = await answerAs('application/yaml');
    expect(type).toMatch(/^application\/yaml/);
    expect(text).toContain("# The shop's front end.\n");
    const hardened = parseAllDocuments(text).map((document) => document.toJS() as unknown);
    expect(hardened).toEqual((await server.shown(manifest)).items.map((item) => item.hardened));
  });

  it('a diff', async () => {
    const { type, text } = await answerAs('text/x-diff');
    expect(type).toMatch(/^text\/x-diff/);
    expect(applyPatch(manifest, text)).toBe((await answerAs('application/yaml')).text);
  });

  it('text', async () => {
    const { type, text } = await answerAs('text/plain');
    expect(type).toMatch(/^text\/plain/);
    expect(text).toMatch(/^Deployment shop\/web: 3 containers, 7 controls change it/);
  });

  it('the bare patch', async () => {
    const { type, text } = await answerAs('application/json-patch+json');
    expect(type).toMatch(/^application\/json-patch\+json/);
    expect(JSON.parse(text)).toEqual((await server.shown(manifest)).items[0]?.patch);
  });

  it('a page, for a browser', async () => {
    const { type, text } = await answerAs('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
    expect(type).toMatch(/^text\/html/);
    expect(text).toContain('<h2 id="report">');
  });
});

describe('POST /preview is told by parameters', () => {
  it('a policy of the webhook', async () => {
    const { items } = await server.shown(pod(), '?policy=strict');
    expect(items).toMatchObject([{ policy: 'strict' }]);
    expect(JSON.stringify(items[0]?.patch)).toContain('"runAsUser":4242');
  });

  it('a mode', async () => {
    expect((await server.shown(pod(), '?mode=warn')).items).toMatchObject([{ mode: 'warn', patch: [] }]);
  });

  it('a namespace, of which the webhook knows mode and policy', async () => {
    expect((await server.shown(pod(), '?namespace=audited')).items).toMatchObject([
      { mode: 'audit', patch: [] },
    ]);
    expect((await server.shown(pod(), '?namespace=strict')).items).toMatchObject([{ policy: 'strict' }]);
  });

  it('which does not count for pods that name another', async () => {
    const { items } = await server.shown(pod('name: web, namespace: other'), '?namespace=audited');
    expect(items).toMatchObject([{ mode: 'enforce' }]);
  });

  it.each([
    ['?policy=strct', { where: 'policy', found: '"strct"', advice: 'did you mean "strict"?' }],
    ['?mode=enfroce', { where: 'mode', expected: 'enforce, warn, audit', found: '"enfroce"' }],
    ['?polcy=strict', { where: 'query', found: '"polcy"', advice: 'did you mean "policy"?' }],
  ])('%s, which there is not', async (query, problem) => {
    expectProblem(await server.post(pod(), query), problem);
  });
});

describe('POST /preview says what is wrong', () => {
  it.each([
    ['an open bracket', 'a: [\n', { where: 'manifest', expected: 'YAML', file: 'input', line: 2, column: 1 }],
    [
      'lines that curl -d has put together',
      `# a pod\n${pod()}`.replaceAll('\n', ''),
      { where: 'body', advice: 'curl -d takes line breaks out, --data-binary leaves them in' },
    ],
    ['nothing', '', { where: 'manifest', found: 'nothing at all' }],
    ['the values of a chart', 'replicas: 3\n', { where: 'apiVersion', line: 1 }],
    ['a name that is no string', pod('name: on'), { where: 'metadata.name', line: 3, column: 18 }],
    ['deep nesting', '['.repeat(100_000), { where: 'nesting' }],
  ])('with %s', async (_what, body, problem) => {
    expectProblem(await server.post(body), problem);
  });

  it('beside what could be read, as JSON', async () => {
    const { items, faults: unread } = await server.shown(`${pod()}---\na: [\n`);
    expect(items).toHaveLength(1);
    expect(unread).toMatchObject([{ line: 7, file: 'input' }]);
  });

  it.each(['application/yaml', 'text/x-diff', 'text/plain', 'application/json-patch+json'])(
    'and not in silence, as %s',
    async (accept) => {
      expectProblem(await server.post(`${pod()}---\na: [\n`, '', { accept }), { where: 'manifest' });
    },
  );

  it('of a key that is there twice, as a warning', async () => {
    expect((await server.shown(`${pod()}kind: Pod\n`)).warnings).toMatchObject([{ found: '"kind" again' }]);
  });

  it('of more containers than it takes at a time', async () => {
    const containers = Array.from({ length: 1001 }, (_, index) => ({ name: `c${index}` }));
    const body = JSON.stringify({ ...jsonPod, spec: { containers } });
    expectProblem(await server.post(body), { expected: '1000 containers at most in one preview' });
  });
});
