import { Agent, type RequestOptions, request as httpsRequest } from 'node:https';
import { type IncomingMessage } from 'node:http';

/** What the API server answered. */
export interface ApiResponse<Body> {
  status: number;
  /** Parsed JSON; the text itself if the answer was none (`/readyz`, `/metrics`). */
  body: Body;
  /** Texts of the `Warning: 299` headers, as kubectl would print them. */
  warnings: string[];
}

export interface ApiRequestOptions {
  /** Media type of the body. JSON if left out, a JSON merge patch (RFC 7396) for PATCH. */
  contentType?: string;
}

export interface ApiClient {
  /** Sends a request and gives the answer, whatever its status. A string goes as it is, all else as JSON. */
  request<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<ApiResponse<Body>>;
  /** Body of the answer to a request that must succeed.
   *  @throws Error with the message of the API server, unless the status is 2xx */
  requestOk<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<Body>;
  /** Ends the kept connections. */
  close(): void;
}

/** PEM texts: whom to trust, and who we are. */
export interface ApiCredentials {
  ca: string;
  cert: string;
  key: string;
}

/** Connections at a time: enough to keep the API server busy, few enough for a laptop. */
const defaultConnections = 32;

/** Client of one API server over kept connections. */
export function createApiClient(
  url: string,
  credentials: ApiCredentials,
  maxConnections = defaultConnections,
): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections, ...credentials });
  const client: ApiClient = {
    async request(method, path, body, options = {}) {
      const { response, text } = await send(new URL(path, url), method, encode(method, body, options), agent);
      const isJson = (response.headers['content-type'] ?? '').includes('json');
      const parsed = isJson ? JSON.parse(text) : text;
      const warnings = parseWarnings(response.headersDistinct.warning ?? []);
      return { status: response.statusCode ?? 0, body: parsed, warnings };
    },
    async requestOk<Body>(method: string, path: string, body?: unknown, options?: ApiRequestOptions) {
      const answer = await client.request<Body>(method, path, body, options);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new Error(`${method} ${path}: expected 2xx, found ${answer.status}: ${reason(answer.body)}`);
    },
    close: () => agent.destroy(),
  };
  return client;
}

interface Payload {
  text?: string;
  contentType: string;
}

function encode(method: string, body: unknown, { contentType }: ApiRequestOptions): Payload {
  const fallback = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const payload: Payload = { contentType: contentType ?? fallback };
  if (body !== undefined) payload.text = typeof body === 'string' ? body : JSON.stringify(body);
  return payload;
}

function send(url: URL, method: string, payload: Payload, agent: Agent) {
  const { text, contentType } = payload;
  const headers: Record<string, string | number> = { accept: 'application/json' };
  if (text !== undefined) {
    headers['content-type'] = contentType;
    headers['content-length'] = Buffer.byteLength(text);
  }
  const options: RequestOptions = { method, headers, agent };
  return new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
    const outgoing = httpsRequest(url, options, (response) => {
      let received = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
      });
      response.on('end', () => resolve({ response, text: received }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

/** Texts of `299 - "text"` (RFC 7234 section 5.5), of which one header line may hold several. */
export function parseWarnings(headers: readonly string[]): string[] {
  const quoted = /\b299 \S+ "((?:[^"\\]|\\.)*)"/gs;
  return headers.flatMap((header) =>
    [...header.matchAll(quoted)].map(([, text = '']) => text.replace(/\\(.)/gs, '$1')),
  );
}

function reason(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body : JSON.stringify(body);
}
