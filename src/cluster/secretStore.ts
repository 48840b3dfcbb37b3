import { isObject, objectAt, textAt } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';

const requestTimeoutMilliseconds = 5000;

/** A Secret as it was read: its texts, and the object that they came from. */
export interface SecretTexts {
  readonly texts: Readonly<Record<string, string>>;
  readonly object: Readonly<Record<string, unknown>>;
}

/** One Secret, as a store of texts. */
export interface SecretStore {
  /** What it is called in messages. */
  readonly where: string;
  /** Its texts. A Secret that is not there is made, empty: by server-side apply, since only that can be granted for a
   *  single name.
   *  @throws StatusError above all where it may not be read or made */
  read(): Promise<SecretTexts>;
  /** Writes texts beside those of other names, if nobody has written since. False where somebody has.
   *  @throws StatusError above all where it may not be written */
  write(texts: Readonly<Record<string, string>>, follows: SecretTexts): Promise<boolean>;
}

/** The Secret of that name. */
export function secretStore(
  connection: Pick<ClusterConnection, 'get' | 'write'>,
  namespace: string,
  name: string,
): SecretStore {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const options = { timeoutMilliseconds: requestTimeoutMilliseconds };
  const empty = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  return {
    where: `Secret ${namespace}/${name}`,
    async read() {
      try {
        return textsOf(await connection.get(path, options));
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
      }
      const applied = { method: 'PATCH', object: empty } as const;
      return textsOf(await connection.write(`${path}?fieldManager=podtemper`, applied, options));
    },
    async write(texts, { object }) {
      const encoded = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
      const data = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) };
      try {
        await connection.write(path, { method: 'PUT', object: { ...object, data } }, options);
        return true;
      } catch (error) {
        // Gone, and so written by somebody too.
        if (hasStatus(error, 409) || hasStatus(error, 404)) return false;
        throw error;
      }
    },
  };
}

function textsOf(object: unknown): SecretTexts {
  if (!isObject(object)) throw new Error('expected a Secret, found something else');
  const data = objectAt(object, 'data');
  const texts = Object.keys(data).map((key) => [key, Buffer.from(textAt(data, key), 'base64').toString()]);
  return { texts: Object.fromEntries(texts), object };
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof StatusError && error.status === status;
}
