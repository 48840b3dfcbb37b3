import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { hostilePreviews } from '../../bench/hostilePreviews.js';
import { openApiDocument } from '../../src/openapi/document.js';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { pod } from '../commands/previewServer.js';
import { corpus } from '../preview/corpus.js';
import { cleanUp, serve, type Serving } from '../server/program.js';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const document = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
};
const ajv = new Ajv2020({
  strict: false,
  allowUnionTypes: true,
  discriminator: false,
  formats: { base64: true },
});

let server: Serving;
beforeAll(async () => {
  server = await serve();
});
afterAll(cleanUp);

/** Asks the real program, and expects the answer to be described, and to be as it is described. */
async function expectDescribed(
  method: 'get' | 'post',
  path: string,
  { query = '', ...init }: RequestInit & { readonly query?: string } = {},
): Promise<number> {
  const answer = await fetch(`${server.operationsUrl}${path}${query}`, {
    method: method.toUpperCase(),
    ...init,
  });
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
  const content = document.paths[path]?.[method]?.responses[answer.status]?.content;
  expect({ path, status: answer.status, types: Object.keys(content ?? {}) }).toMatchObject({
    types: expect.arrayContaining([type]),
  });
  const body = type.endsWith('json') ? await answer.json() : await answer.text();
  const validate = ajv.compile({ ...content?.[type]?.schema, components: document.components });
  expect(validate(body) ? [] : validate.errors).toEqual([]);
  return answer.status;
}

describe('the description of the operations listener', () => {
  it('is sound OpenAPI 3.1, and what the program gives', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(openApiDocument()));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    const served = await fetch(`${server.operationsUrl}/openapi.json`).then((answer) => answer.json());
    expect(served).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('names every endpoint there is, and no other', async () => {
    const answer = await fetch(`${server.operationsUrl}/no-such-path`);
    const { expected } = (await answer.json()) as { expected: string };
    const there = expected.split(', ').filter((endpoint) => !/\.(?:js|css)$/.test(endpoint));
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(there.toSorted());
  });

  it.each(['/', '/controls', '/policy', '/openapi.json', '/metrics', '/healthz', '/readyz'])(
    'holds for GET %s',
    async (path) => {
      expect(await expectDescribed('get', path)).toBe(200);
    },
  );
});

describe('the description of POST /preview holds', () => {
  it('for all manifests of the corpus', async () => {
    const statuses = new Set<number>();
    for (const { text } of corpus) statuses.add(await expectDescribed('post', '/preview', { body: text }));
    expect([...statuses].filter((status) => status !== 200 && status !== 400)).toEqual([]);
  });

  it.each([
    'application/json',
    'application/json-patch+json',
    'application/sarif+json',
    'application/yaml',
    'text/x-diff',
    'text/plain',
    'text/html',
  ])('for an answer as %s', async (accept) => {
    for (const body of [pod(), `${pod()}---\n${pod('name: b')}`]) {
      expect(await expectDescribed('post', '/preview', { body, headers: { accept } })).toBe(200);
    }
  });

  it.each<[number, RequestInit & { query?: string }]>([
    [400, { body: 'a: [\n' }],
    [400, { body: pod(), query: '?polcy=strict' }],
    [400, { body: '{}', query: '?as=review' }],
    [406, { body: pod(), headers: { accept: 'image/png' } }],
    [413, { body: `${hostilePreviews.comments ?? ''}${hostilePreviews.comments ?? ''}` }],
    [415, { body: pod(), headers: { 'content-encoding': 'gzip' } }],
  ])('for a problem with status %d', async (status, init) => {
    expect(await expectDescribed('post', '/preview', init)).toBe(status);
  });

  it('for an AdmissionReview that is to be answered', async () => {
    const init = { body: reviewOf(plainPod), query: '?as=review' };
    expect(await expectDescribed('post', '/preview', init)).toBe(200);
  });
});
