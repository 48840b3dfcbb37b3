import type { ClusterConnection, Written } from '../../src/cluster/connection.js';
import { StatusError } from '../../src/cluster/exchange.js';

type StoredObject = Record<string, unknown> & { metadata: Record<string, unknown> };

/** Objects by their paths, with versions, as an API server keeps them. */
export class FakeObjects implements Pick<ClusterConnection, 'get' | 'write'> {
  /** What was asked, as `GET /path`. */
  readonly requests: string[] = [];
  /** What happens before each request: it may throw, or wait. */
  before: (request: string) => void | Promise<void> = () => undefined;
  /** What happens after each request was carried out: an answer may be lost. */
  after: (request: string) => void = () => undefined;
  readonly #objects = new Map<string, StoredObject>();
  #version = 1;

  at(path: string): StoredObject | undefined {
    return this.#objects.get(path);
  }

  put(path: string, object: object): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    this.#objects.set(path, { ...object, metadata: { ...Object(object).metadata, resourceVersion } });
  }

  remove(path: string): void {
    this.#objects.delete(path);
  }

  async get(path: string): Promise<unknown> {
    return this.#answer(`GET ${path}`, () => this.#found(path));
  }

  async write(path: string, { method, object }: Written): Promise<unknown> {
    const [target = ''] = path.split('?');
    return this.#answer(`${method} ${path}`, () => {
      if (method === 'PATCH' && this.#objects.has(target)) return this.#found(target);
      const { metadata } = object as StoredObject;
      if (metadata.resourceVersion === undefined && this.#objects.has(target))
        throw new StatusError(`${method} ${path}`, 422, 'resourceVersion must be specified for an update');
      if (metadata.resourceVersion !== this.at(target)?.metadata.resourceVersion)
        throw new StatusError(`${method} ${path}`, 409, 'the object has been modified');
      this.put(target, object as StoredObject);
      return this.#found(target);
    });
  }

  async #answer(request: string, answer: () => unknown): Promise<unknown> {
    this.requests.push(request);
    await this.before(request);
    const result = answer();
    this.after(request);
    return result;
  }

  #found(path: string): unknown {
    const object = this.#objects.get(path);
    if (object === undefined) throw new StatusError(`GET ${path}`, 404, 'not found');
    return structuredClone(object);
  }
}
