import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface WatchEvent {
  readonly version: number;
  readonly text: string;
}

interface Resource {
  readonly objects: Map<string, ApiObject>;
  readonly events: WatchEvent[];
  readonly watches: Set<ServerResponse>;
}

export const namespaces = '/api/v1/namespaces';
export const limitRanges = '/api/v1/limitranges';
export const resourceQuotas = '/api/v1/resourcequotas';

/** Speaks as much of the Kubernetes API as lists and watches of three resources need. */
export class FakeApiServer {
  /** Path and query of each request so far. */
  readonly requests: string[] = [];
  /** Page size, if smaller than the one asked for. */
  pageSize = 500;
  /** An answer other than the usual one; the promise lets a request wait. */
  intercept: (url: URL, response: ServerResponse) => boolean | Promise<boolean> = () => false;
  readonly #server: Server;
  readonly #resources = new Map<string, Resource>(
    [namespaces, limitRanges, resourceQuotas].map((path) => [
      path,
      { objects: new Map(), events: [], watches: new Set() },
    ]),
  );
  #version = 100;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  put(path: string, object: ApiObject): void {
    const { objects } = this.#resource(path);
    const key = keyOf(object);
    const type = objects.has(key) ? 'MODIFIED' : 'ADDED';
    objects.set(key, object);
    this.#emit(path, type, object);
  }

  remove(path: string, object: ApiObject): void {
    this.#resource(path).objects.delete(keyOf(object));
    this.#emit(path, 'DELETED', object);
  }

  /** What is lost to the watches: changed while nobody listened, and forgotten since. */
  putUnseen(path: string, object: ApiObject): void {
    this.#version += 1;
    this.#resource(path).objects.set(keyOf(object), object);
  }

  bookmark(path: string): void {
    this.#emit(path, 'BOOKMARK', { metadata: { name: '' } });
  }

  /** Tells the watches that what they ask for is too old. */
  expire(path: string): void {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    for (const watch of this.#resource(path).watches) {
      watch.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
    }
  }

  /** Cuts the connections of the watches. */
  cut(path: string): void {
    for (const watch of this.#resource(path).watches) watch.destroy();
  }

  /** Ends the watches in good order. */
  end(path: string): void {
    for (const watch of this.#resource(path).watches) watch.end();
  }

  watches(path: string): number {
    return this.#resource(path).watches.size;
  }

  /** Requests for lists of a resource. */
  lists(path: string): string[] {
    return this.requests.filter((request) => request.startsWith(`${path}?limit=`));
  }

  /** Requests for watches of a resource. */
  watchRequests(path: string): string[] {
    return this.requests.filter((request) => request.startsWith(`${path}?watch=`));
  }

  get version(): number {
    return this.#version;
  }

  #resource(path: string): Resource {
    const resource = this.#resources.get(path);
    if (resource === undefined) throw new Error(`${path}: expected one of three resources`);
    return resource;
  }

  #emit(path: string, type: string, object: ApiObject): void {
    this.#version += 1;
    const { events, watches } = this.#resource(path);
    const event = { version: this.#version, text: eventText(type, object, this.#version) };
    events.push(event);
    for (const watch of watches) watch.write(event.text);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    this.requests.push(url.pathname + url.search);
    if (await this.intercept(url, response)) return;
    const resource = this.#resources.get(url.pathname);
    if (resource === undefined) this.#answerInNamespace(url, response);
    else if (url.searchParams.has('watch')) this.#watch(resource, url, response);
    else this.#list([...resource.objects.values()], url, response);
  }

  #answerInNamespace({ pathname }: URL, response: ServerResponse): void {
    const [, , , , namespace = '', kind] = pathname.split('/');
    if (kind !== undefined) {
      const all = [...this.#resource(`/api/v1/${kind}`).objects.values()];
      const items = all.filter(({ metadata }) => metadata.namespace === namespace);
      return answerJson(response, 200, { metadata: { resourceVersion: String(this.#version) }, items });
    }
    const object = this.#resource(namespaces).objects.get(`/${namespace}`);
    if (object) answerJson(response, 200, object);
    else answerJson(response, 404, { kind: 'Status', message: `namespaces "${namespace}" not found` });
  }

  #list(objects: readonly ApiObject[], url: URL, response: ServerResponse): void {
    const size = Math.min(this.pageSize, Number(url.searchParams.get('limit')));
    const from = Number(url.searchParams.get('continue') ?? 0);
    const isLast = from + size >= objects.length;
    const metadata = {
      resourceVersion: String(this.#version),
      ...(!isLast && { continue: String(from + size) }),
    };
    answerJson(response, 200, { metadata, items: objects.slice(from, from + size) });
  }

  #watch({ events, watches }: Resource, url: URL, response: ServerResponse): void {
    const since = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const { version, text } of events) if (version > since) response.write(text);
    watches.add(response);
    response.on('close', () => watches.delete(response));
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function eventText(type: string, object: ApiObject, version: number): string {
  const metadata = { ...object.metadata, resourceVersion: String(version) };
  return `${JSON.stringify({ type, object: { ...object, metadata } })}\n`;
}
