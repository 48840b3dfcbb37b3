import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManifestError, PolicyError } from '../../src/errors.js';
import { answerBrokenRequests } from '../../src/server/brokenRequests.js';
import { createOperationsApp, type PreviewRequest, type Rendered } from '../../src/server/operations.js';
import { readinessOf } from '../../src/server/readiness.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { parseSamples } from '../telemetry/samples.js';
import { expectProblem } from './problems.js';

let server: Server;
let url: string;
let faults: unknown[];
let parts: Record<string, string>;
let asked: PreviewRequest[];
let preview: (request: PreviewRequest) => Rendered;
let folder: string;

beforeEach(async () => {
  faults = [];
  parts = { process: 'ok', cluster: 'ok: none' };
  asked = [];
  preview = ({ accept }) => ({ contentType: accept, body: 'rendered' });
  folder = await mkdtemp(join(tmpdir(), 'podtemper-page-'));
  for (const [name, text] of Object.entries({ 'page.js': 'let a = 1;', 'page.css': 'a {}' })) {
    await writeFile(join(folder, name), text);
    await writeFile(join(folder, `${name}.gz`), gzipSync(text));
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(text));
  }
  const app = createOperationsApp({
    readiness: () => readinessOf(parts),
    metrics: new Metrics([{ id: 'a', skips: {}, flags: {} }], [], [], '1.2.3').registry,
    catalogue: () => [{ id: 'a' }],
    policies: () => [{ kind: 'HardeningPolicy' }],
    openapi: () => ({ openapi: '3.1.0' }),
    page: () => '<!doctype html><title>page</title>',
    pageFiles: { folder, names: ['page.js', 'page.css'] },
    pagePolicy: "default-src 'none'; script-src 'self'",
    preview: async (request) => {
      asked.push(request);
      return preview(request);
    },
    onError: (error) => void faults.push(error),
  });
  server = createServer(app);
  answerBrokenRequests(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${url}${path}`, init);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
}

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  get(path, { method: 'POST', body, headers });

describe('the operations listener', () => {
  it('is alive, and ready where each part is', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: 'ok' });
    const { status, text } = await get('/readyz');
    expect([status, JSON.parse(text)]).toEqual([200, { ready: true, process: 'ok', cluster: 'ok: none' }]);
  });

  it.each(['draining', 'expired', 'waiting', ''])(
    'is not ready where a part is %j, but alive',
    async (part) => {
      parts.process = part;
      const { status, text } = await get('/readyz');
      expect([status, JSON.parse(text)]).toEqual([503, { ready: false, process: part, cluster: 'ok: none' }]);
      expect((await get('/healthz')).status).toBe(200);
    },
  );

  it('shows metrics as Prometheus reads them', async () => {
    const { status, headers, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = parseSamples(text).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['podtemper_reviews_total', 'process_resident_memory_bytes']),
    );
  });

  it.each([
    ['page.js', 'text/javascript', 'let a = 1;'],
    ['page.css', 'text/css', 'a {}'],
  ])('serves %s, compressed or not', async (name, type, text) => {
    for (const [accepted, encoding] of [
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const answer = await get(`/${name}`, { headers: { 'accept-encoding': accepted } });
      expect(answer).toMatchObject({ status: 200, text });
      expect(answer.headers['content-type']).toContain(type);
      expect([answer.headers['content-encoding'], answer.headers.vary]).toEqual([
        encoding,
        'accept-encoding',
      ]);
    }
  });

  it('shows the catalogue, the policies, the description and the page', async () => {
    expect(JSON.parse((await get('/openapi.json')).text)).toEqual({ openapi: '3.1.0' });
    expect(JSON.parse((await get('/controls')).text)).toEqual([{ id: 'a' }]);
    expect(JSON.parse((await get('/policy')).text)).toEqual([{ kind: 'HardeningPolicy' }]);
    const page = await get('/');
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.text).toContain('<title>page</title>');
  });

  it('lets no browser run what others wrote, and says nothing of what it is made of', async () => {
    preview = () => ({ contentType: 'text/html; charset=utf-8', body: '<!doctype html>' });
    const pages = [await get('/'), await post('/preview', '', { accept: 'text/html' })];
    const others = await Promise.all(['/healthz', '/page.js', '/no-such-path'].map((path) => get(path)));
    for (const { headers } of [...pages, ...others]) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
    const policies = (answers: typeof pages) =>
      answers.map(({ headers }) => headers['content-security-policy']);
    for (const policy of policies(pages)) expect(policy).toContain("script-src 'self'");
    for (const policy of policies(others)) expect(policy).not.toContain('script-src');
  });

  it.each([
    ['GET', '/preview', 405, { where: 'method', expected: 'POST', found: 'GET' }],
    ['POST', '/', 405, { where: 'method', expected: 'GET', found: 'POST' }],
    ['DELETE', '/policy', 405, { where: 'method', expected: 'GET', found: 'DELETE' }],
    ['GET', '/no-such-path', 404, { where: 'path', found: 'GET /no-such-path' }],
    [
      'POST',
      '/mutate',
      404,
      { where: 'path', expected: expect.stringContaining('POST /preview'), found: 'POST /mutate' },
    ],
    ['GET', '/../../etc/passwd', 404, { where: 'path', found: 'GET /etc/passwd' }],
    ['GET', '/%', 404, { where: 'path', found: 'GET /%' }],
  ])('says what is wrong with %s %s', async (method, path, status, expected) => {
    expectProblem(await get(path, { method }), status, expected);
  });

  it('answers a broken request like the other listener', async () => {
    const { status, text } = await get('/healthz', { headers: { x: 'x'.repeat(20_000) } });
    expect(status).toBe(431);
    expect(JSON.parse(text)).toMatchObject({ where: 'request' });
  });

  it('does not die of a fault of ours, and tells nothing of it', async () => {
    preview = () => {
      throw new TypeError('a secret of the preview');
    };
    const { status, text } = await post('/preview', 'kind: Pod');
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(faults).toEqual([new TypeError('a secret of the preview')]);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('a preview', () => {
  it('is asked for with body, type and query', async () => {
    const answer = await post('/preview?policy=strict&mode=warn', 'kind: ü', { 'content-type': 'text/yaml' });
    expect(answer).toMatchObject({ status: 200, text: 'rendered' });
    expect(asked).toEqual([
      {
        body: 'kind: ü',
        contentType: 'text/yaml',
        accept: 'application/json',
        query: { policy: 'strict', mode: 'warn' },
      },
    ]);
  });

  it.each([
    ['*/*', 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/yaml', 'application/yaml'],
    ['application/json-patch+json', 'application/json-patch+json'],
    ['text/x-diff, application/json;q=0.5', 'text/x-diff'],
    ['text/*', 'text/x-diff'],
    ['text/plain', 'text/plain'],
  ])('comes in the form that suits %s', async (accept, type) => {
    const { headers } = await post('/preview', 'kind: Pod', { accept });
    expect(headers['content-type']).toContain(type);
    expect(asked).toMatchObject([{ accept: type }]);
  });

  it('of nothing at all is for the preview to judge', async () => {
    expect((await post('/preview', '')).status).toBe(200);
    expect(asked).toMatchObject([{ body: '' }]);
  });

  it.each<
    [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, Record<string, unknown>]
  >([
    ['form of answer', 'x', { accept: 'image/png' }, 406, { where: 'Accept', found: 'image/png' }],
    [
      'encoding',
      new Uint8Array(gzipSync('x')),
      { 'content-encoding': 'gzip' },
      415,
      { where: 'Content-Encoding' },
    ],
    ['size', 'x'.repeat(1024 * 1024 + 1), {}, 413, { where: 'body', found: '1048577 bytes' }],
    ['text', new Uint8Array([0xff, 0xfe]), {}, 400, { where: 'body', expected: 'text in UTF-8' }],
  ])('is told what is wrong with its %s', async (_what, body, headers, status, expected) => {
    expectProblem(await post('/preview', body, headers), status, expected);
    expect(asked).toEqual([]);
  });

  it('is told where it names a parameter twice', async () => {
    expectProblem(await post('/preview?policy=a&policy=b', 'x'), 400, {
      where: 'query',
      found: 'policy again',
    });
  });

  it('is taken up to 1 MiB', async () => {
    expect((await post('/preview', 'x'.repeat(1024 * 1024))).status).toBe(200);
    expect(asked[0]?.body).toHaveLength(1024 * 1024);
  });

  it('gets the complaint and its place where the input is wrong', async () => {
    const complaint = { where: 'spec', expected: 'a mapping', found: 'a list', advice: 'write one' };
    for (const error of [
      new ManifestError(complaint, { file: 'input', line: 3, column: 7 }),
      new PolicyError(complaint, { file: 'policy', line: 1, column: 1 }),
    ]) {
      preview = () => {
        throw error;
      };
      const { status, text } = await post('/preview', 'x');
      expect([status, JSON.parse(text)]).toEqual([
        400,
        { type: 'about:blank', status: 400, detail: error.message, ...complaint, ...error.position },
      ]);
    }
    expect(faults).toEqual([]);
  });
});
