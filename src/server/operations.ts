import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { InputError } from '../errors.js';
import type { Readiness } from './readiness.js';
import { sendProblem } from './problem.js';

/** Largest preview accepted, in bytes. */
const maxPreviewBytes = 1024 * 1024;

/** A rendered preview. */
export interface Rendered {
  readonly contentType: string;
  readonly body: string;
}

/** What the operations listener shows. Each part is handed in, so that it knows neither controls nor policies. */
export interface OperationsOptions {
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly catalogue: () => unknown;
  readonly policies: () => unknown;
  readonly page: () => string;
  /** A preview of the body, in the media type that the caller accepts best.
   *  @throws ManifestError, PolicyError for bad input */
  readonly preview: (request: PreviewRequest) => Rendered;
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
export const previewTypes = [
  'application/json',
  'application/yaml',
  'text/x-diff',
  'text/plain',
  'text/html',
] as const;

/** Health and readiness, which both listeners answer. */
export function createHealthApp(readiness: () => Readiness, onError: (error: unknown) => void): Express {
  const app = createApp();
  addHealth(app, readiness);
  addEnds(app, onError);
  return app;
}

/** The operations listener's application: page, preview, catalogue, policy, metrics, health. */
export function createOperationsApp(options: OperationsOptions): Express {
  const { readiness, metrics, catalogue, policies, page, onError } = options;
  const app = createApp();
  addHealth(app, readiness);
  app.get('/', (_request, response) => void response.type('html').send(page()));
  app.get('/controls', (_request, response) => void response.json(catalogue()));
  app.get('/policy', (_request, response) => void response.json(policies()));
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metrics.contentType).send(await metrics.metrics());
  });
  const anyText = express.text({ type: () => true, limit: maxPreviewBytes, inflate: false });
  app.post('/preview', anyText, (request, response) => sendPreview(request, response, options));
  addEnds(app, onError);
  return app;
}

function sendPreview(request: Request, response: Response, { preview }: OperationsOptions): void {
  const accept = request.accepts([...previewTypes]);
  if (accept === false) {
    const complaint = {
      where: 'Accept',
      expected: previewTypes.join(', '),
      found: request.get('accept') ?? '',
    };
    return sendProblem(response, 406, new UnacceptableError(complaint));
  }
  const query = Object.fromEntries(
    Object.entries(request.query).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value]] : [],
    ),
  );
  const body = typeof request.body === 'string' ? request.body : '';
  const rendered = preview({ body, contentType: request.get('content-type') ?? '', accept, query });
  response.set('content-type', rendered.contentType).send(rendered.body);
}

class UnacceptableError extends InputError {
  readonly code = 'unacceptable';
}

function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    });
    next();
  });
  return app;
}

function addHealth(app: Express, readiness: () => Readiness): void {
  app.get('/healthz', (_request, response) => void response.type('text').send('ok'));
  app.get('/readyz', (_request, response) => {
    const { isReady, parts } = readiness();
    response.status(isReady ? 200 : 503).json({ ready: isReady, ...parts });
  });
}

class NotFoundError extends InputError {
  readonly code = 'notFound';
}

function addEnds(app: Express, onError: (error: unknown) => void): void {
  app.use((request, response) => {
    const complaint = {
      where: 'path',
      expected: 'a path that exists',
      found: `${request.method} ${request.path}`,
    };
    sendProblem(response, 404, new NotFoundError(complaint));
  });
  const onFault: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
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
