import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import { InputError } from '../errors.js';
import { answerHeaders } from './answerHeaders.js';
import { readBody } from './body.js';
import { addPageFiles, type PageFiles } from './pageFiles.js';
import { sendProblem } from './problem.js';
import type { Readiness } from './readiness.js';
import { refuse, RequestError } from './refusal.js';

/** Largest preview accepted, in bytes. The command has no such limit. */
const maxPreviewBytes = 1024 * 1024;

/** A rendered preview; its body may be encoded already. */
export interface Rendered {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** What the operations listener shows. Each part is handed in, so that it knows neither controls nor policies. */
export interface OperationsOptions {
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly catalogue: () => unknown;
  readonly policies: () => unknown;
  /** The description of all this, for programs (OpenAPI). */
  readonly openapi: () => unknown;
  readonly page: () => string;
  readonly pageFiles: PageFiles;
  /** What a browser may let the page do (Content Security Policy). */
  readonly pagePolicy: string;
  /** A preview of the body, in the media type that the caller accepts best. Rejects with an InputError for bad input,
   *  and with a RequestError where there is no time or room for it. */
  readonly preview: (request: PreviewRequest) => Promise<Rendered>;
  readonly onError: (error: unknown) => void;
}

/** A preview as it was asked for over HTTP. */
export interface PreviewRequest {
  readonly body: string;
  readonly contentType: string;
  /** Media type chosen from `Accept`. */
  readonly accept: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Media types of a preview; the first is for whoever accepts anything. */
const previewTypes = [
  'application/json',
  'application/json-patch+json',
  'application/sarif+json',
  'application/yaml',
  'text/x-diff',
  'text/plain',
  'text/html',
] as const;

/** Health and readiness, which both listeners answer. */
export function createHealthApp(readiness: () => Readiness, onError: (error: unknown) => void): Express {
  const app = createApp();
  addHealth(app, readiness);
  addEnds(app, ['POST /mutate', 'POST /validate', ...healthEndpoints], onError);
  return app;
}

/** The operations listener's application: page, preview, catalogue, policy, metrics, health. */
export function createOperationsApp(options: OperationsOptions): Express {
  const { readiness, metrics, catalogue, policies, openapi, page, pageFiles, onError } = options;
  const app = createApp();
  addHealth(app, readiness);
  app.get('/', (_request, response) => {
    sendRendered(response, { contentType: htmlType, body: page() }, options);
  });
  addPageFiles(app, pageFiles);
  app.get('/openapi.json', (_request, response) => void response.json(openapi()));
  app.get('/controls', (_request, response) => void response.json(catalogue()));
  app.get('/policy', (_request, response) => void response.json(policies()));
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metrics.contentType).send(await metrics.metrics());
  });
  app.post('/preview', (request, response, next) => {
    readBody(request, { maxBytes: maxPreviewBytes }, (refusal, body) => {
      if (refusal !== undefined) return refuse(request, response, refusal);
      void sendPreview(request, body, response, options, next);
    });
  });
  const files = pageFiles.names.map((name) => `GET /${name}`);
  const endpoints = [
    'GET /',
    'POST /preview',
    'GET /controls',
    'GET /policy',
    'GET /openapi.json',
    'GET /metrics',
  ];
  addEnds(app, [...endpoints, ...healthEndpoints, ...files], onError);
  return app;
}

async function sendPreview(
  request: Request,
  body: string,
  response: Response,
  options: OperationsOptions,
  next: NextFunction,
): Promise<void> {
  try {
    sendRendered(response, await options.preview(readPreviewRequest(request, body)), options);
  } catch (error) {
    next(error);
  }
}

/** @throws RequestError for what no preview could answer */
function readPreviewRequest(request: Request, body: string): PreviewRequest {
  const accept = request.accepts([...previewTypes]);
  if (accept === false) {
    const found = request.get('accept') ?? 'nothing';
    throw new RequestError(406, { where: 'Accept', expected: previewTypes.join(', '), found });
  }
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(request.query)) {
    if (typeof value === 'string') query[key] = value;
    else
      throw new RequestError(400, { where: 'query', expected: 'each parameter once', found: `${key} again` });
  }
  return { body, contentType: request.get('content-type') ?? '', accept, query };
}

const htmlType = 'text/html; charset=utf-8';

function sendRendered(
  response: Response,
  { contentType, body }: Rendered,
  { pagePolicy }: OperationsOptions,
): void {
  if (contentType === htmlType) response.set('content-security-policy', `${pagePolicy}; ${notFramed}`);
  response
    .set('content-type', contentType)
    .send(typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

const notFramed = "frame-ancestors 'none'";

function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set({
      ...answerHeaders,
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': `default-src 'none'; base-uri 'none'; ${notFramed}`,
    });
    next();
  });
  return app;
}

const healthEndpoints = ['GET /healthz', 'GET /readyz'];

function addHealth(app: Express, readiness: () => Readiness): void {
  app.get('/healthz', (_request, response) => void response.type('text').send('ok'));
  app.get('/readyz', (_request, response) => {
    const { isReady, parts } = readiness();
    response.status(isReady ? 200 : 503).json({ ready: isReady, ...parts });
  });
}

/** What becomes of all that no route has answered. `endpoints` are what there is: a method and a path each. */
function addEnds(app: Express, endpoints: readonly string[], onError: (error: unknown) => void): void {
  app.use((request, response) => {
    const { method, path } = request;
    const methods = endpoints
      .filter((endpoint) => endpoint.endsWith(` ${path}`))
      .map((at) => at.split(' ')[0]);
    if (methods.length > 0) {
      const allow = methods.join(', ');
      const complaint = { where: 'method', expected: allow, found: method };
      return refuse(request, response, new RequestError(405, complaint), { allow });
    }
    const complaint = { where: 'path', expected: endpoints.join(', '), found: `${method} ${path}` };
    refuse(request, response, new RequestError(404, complaint));
  });
  const onFault: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    if (error instanceof RequestError) return sendProblem(response, error.status, error, error.headers);
    if (error instanceof InputError) return sendProblem(response, 400, error);
    const status = statusOf(error);
    if (status < 500) return sendProblem(response, status, error);
    onError(error);
    sendProblem(response, 500, new Error('an error in podtemper itself; see its log'));
  };
  app.use(onFault);
}

/** The status that Express' own errors carry, such as 413 for a body that is too large. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
}
