import type { ClusterConnection } from '../cluster/connection.js';
import { StatusError } from '../cluster/exchange.js';
import { fetchNamespaceFacts, isNamespaceName } from '../cluster/fetchNamespaceFacts.js';
import { listPath, resourceName } from '../cluster/workloadKinds.js';
import { ClusterError, type InputError, messageOf, UsageError } from '../errors.js';
import type { NamespaceFacts } from '../kubernetes.js';
import { asWritten } from '../preview/asWritten.js';
import type { ManifestFile } from '../preview/manifests.js';
import { defaultNamespace } from '../preview/namespaces.js';
import { printYaml } from '../preview/yaml.js';
import { isMapping } from '../shape.js';
import type { LiveReference } from './liveReferences.js';

type Connection = Pick<ClusterConnection, 'get' | 'namespace'>;

const options = { timeoutMilliseconds: 10_000 };

/** The namespace that is meant: the one named, that of the kubeconfig's context, or `default`.
 *  @throws UsageError for what no namespace can be called */
export function liveNamespaceName(
  named: string | undefined,
  { namespace }: Pick<ClusterConnection, 'namespace'>,
): string {
  const name = named ?? namespace ?? defaultNamespace;
  if (isNamespaceName(name)) return name;
  throw new UsageError({ where: '--namespace', expected: 'the name of a namespace', found: `"${name}"` });
}

/** The live objects as manifests, without what only the API server writes. What is not there is among the faults.
 *  @throws ClusterError where one may not be read, or nothing answers */
export async function readLive(
  connection: Connection,
  references: readonly LiveReference[],
  namespace: string,
): Promise<{ files: ManifestFile[]; faults: InputError[] }> {
  const files: ManifestFile[] = [];
  const faults: InputError[] = [];
  const read = references.map((reference) => getObject(connection, reference, namespace));
  for (const [index, result] of (await Promise.allSettled(read)).entries()) {
    if (result.status === 'fulfilled') {
      files.push({ file: references[index]?.text ?? '', text: printYaml(asWritten(result.value)) });
    } else if (result.reason instanceof UsageError) faults.push(result.reason);
    else throw result.reason;
  }
  return { files, faults };
}

/** @throws UsageError where there is none of that name; ClusterError where it cannot be read */
async function getObject(connection: Connection, reference: LiveReference, namespace: string) {
  const object = await findObject(connection, reference, namespace);
  if (object !== undefined) return object;
  const { text, kind } = reference;
  throw new UsageError({
    where: text,
    expected: `a ${kind.kind} of that name in namespace ${namespace}`,
    found: 'none',
    advice: `kubectl get ${resourceName(kind)} -n ${namespace} lists those that are there`,
  });
}

/** One live object, as the API server gives it; undefined where there is none of that name.
 *  @throws ClusterError where it cannot be read */
export async function findObject(
  connection: Connection,
  { text, kind, name }: LiveReference,
  namespace: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const object = await connection.get(`${listPath(kind, namespace)}/${name}`, options);
    return isMapping(object) ? object : {};
  } catch (cause) {
    if (statusOf(cause) === 404) return undefined;
    throw unread(text, `the right to get ${resourceName(kind)} in namespace ${namespace}`, cause);
  }
}

/** What the cluster says of a namespace; `advice` is for who may not read it.
 *  @throws UsageError where there is none of that name; ClusterError where it cannot be read */
export async function readFacts(
  connection: Connection,
  namespace: string,
  advice?: string,
): Promise<NamespaceFacts> {
  try {
    return await fetchNamespaceFacts(connection, namespace, options);
  } catch (cause) {
    const where = `namespace ${namespace}`;
    if (statusOf(cause) === 404) {
      throw new UsageError({ where, expected: 'a namespace of that name', found: 'none' });
    }
    const rights = 'the right to get it and to list its limitranges and resourcequotas';
    throw unread(where, rights, cause, advice);
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof StatusError ? error.status : undefined;
}

/** Why something could not be read; `rights` are what is missing where the API server says so. */
export function unread(where: string, rights: string, cause: unknown, advice?: string): ClusterError {
  const status = statusOf(cause);
  const known: Readonly<Record<number, string>> = { 401: 'an API server that knows who asks', 403: rights };
  const expected = known[status ?? 0] ?? 'an API server that answers';
  const complaint = { where, expected, found: messageOf(cause) };
  const isRefused = status === 403 && advice !== undefined;
  return new ClusterError({ ...complaint, ...(isRefused && { advice }) }, undefined, { cause });
}
