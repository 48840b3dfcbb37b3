/** What every answer says of itself, whatever listener it comes from and whatever was asked. */
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { cleanUp, serve, type Serving } from './program.js';

jest.setTimeout(30_000);

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

let server: Serving;
beforeAll(async () => {
  server = await serve([]);
});
afterAll(cleanUp);

const listeners = ['admission', 'operations'] as const;
type Listener = (typeof listeners)[number];

function open(listener: Listener): Socket {
  if (listener === 'admission') return connectTls({ host: '127.0.0.1', port: server.port, ca: server.ca });
  return connectPlain(Number(new URL(server.operationsUrl).port), '127.0.0.1');
}

/** The head of the last answer, as it came: status, and headers by name. */
async function ask(listener: Listener, text: string): Promise<[number, Record<string, string>]> {
  const socket = open(listener);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
  socket.write(text);
  await new Promise<void>((resolve, reject) => socket.on('close', () => resolve()).on('error', reject));
  const [statusLine = '', ...lines] = (received.split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = lines.map((line) => line.split(/: (.*)/s, 2).map((part) => part.trim()));
  return [
    Number(statusLine.split(' ')[1]),
    Object.fromEntries(headers.map(([name = '', value = '']) => [name.toLowerCase(), value])),
  ];
}

const json = 'content-type: application/json';

function request(method: string, path: string, lines: readonly string[] = [], body = ''): string {
  const head = [`${method} ${path} HTTP/1.1`, 'host: test', 'connection: close', ...lines];
  return [...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

const review = reviewOf(plainPod);
const pod = JSON.stringify(plainPod);

/** Status, listener, what is asked. */
const own: [number, Listener, string, string][] = [
  [200, 'admission', 'a review', request('POST', '/mutate', [json], review)],
  [200, 'admission', 'a review to refuse by', request('POST', '/validate', [json], review)],
  [400, 'admission', 'a review that is none', request('POST', '/mutate', [json], '{')],
  [400, 'admission', 'the same to refuse by', request('POST', '/validate', [json], '{"a":1}')],
  [405, 'admission', 'a review by GET', request('GET', '/mutate')],
  [
    415,
    'admission',
    'a review in YAML',
    request('POST', '/validate', ['content-type: application/yaml'], review),
  ],
  [200, 'operations', 'the page', request('GET', '/')],
  [200, 'operations', 'its script', request('GET', '/page.js')],
  [200, 'operations', 'a preview', request('POST', '/preview', [json], pod)],
  [200, 'operations', 'a preview as a page', request('POST', '/preview', [json, 'accept: text/html'], pod)],
  [400, 'operations', 'a preview of nothing that can be read', request('POST', '/preview', [json], '{')],
  [
    406,
    'operations',
    'a preview as a picture',
    request('POST', '/preview', [json, 'accept: image/png'], pod),
  ],
  [200, 'operations', 'the controls', request('GET', '/controls')],
  [200, 'operations', 'the policies', request('GET', '/policy')],
  [200, 'operations', 'the description', request('GET', '/openapi.json')],
  [200, 'operations', 'the metrics', request('GET', '/metrics')],
];

/** The same of both listeners: status, what is asked. */
const common: [number, string, string][] = [
  [200, 'whether it lives', request('GET', '/healthz')],
  [200, 'whether it is ready', request('GET', '/readyz')],
  [404, 'what there is not', request('GET', '/nothing')],
  [404, 'a path that cannot be decoded', request('GET', '/%')],
  [405, 'what is not done', request('POST', '/healthz')],
  [417, 'what cannot be expected', request('POST', '/mutate', ['expect: the-unexpected', json], review)],
  [400, 'without a host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n'],
  [400, 'what is no HTTP', 'HELO there\r\n\r\n'],
  [400, 'by a header that is none', 'GET /healthz HTTP/1.1\r\nhost test\r\n\r\n'],
  [431, 'by too many headers', request('GET', '/healthz', [`x: ${'x'.repeat(20_000)}`])],
];

const all = [
  ...own,
  ...listeners.flatMap((listener) =>
    common.map(([status, what, text]): (typeof own)[number] => [status, listener, what, text]),
  ),
];

describe('an answer', () => {
  it.each(all)(
    'of %d by the %s listener, asked for %s: is kept by nobody, taken for nothing else, and tells no version',
    async (status, listener, _what, text) => {
      const [found, headers] = await ask(listener, text);
      expect(found).toBe(status);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(server|via|x-powered-by|x-aspnet.*)$/)]),
      );
      const told = JSON.stringify(headers).toLowerCase();
      for (const word of [version, process.version, 'node', 'express']) expect(told).not.toContain(word);
    },
  );
});
