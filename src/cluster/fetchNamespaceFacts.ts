import type { NamespaceFacts } from '../kubernetes.js';
import { readList } from './apiObjects.js';
import type { ClusterConnection, GetOptions } from './connection.js';
import { readLimitRange, readNamespace, readResourceQuota } from './namespaceObjects.js';

/** A label as RFC 1123 has it: all that a namespace can be called. Anything else could lead to another path. */
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whether a namespace can have this name. */
export function isNamespaceName(name: string): boolean {
  return namespaceName.test(name);
}

/** The facts of one namespace, asked of the API server by three requests at once.
 *  @throws StatusError with status 404 when there is no such namespace */
export async function fetchNamespaceFacts(
  connection: Pick<ClusterConnection, 'get'>,
  name: string,
  options: GetOptions,
): Promise<NamespaceFacts> {
  const path = `/api/v1/namespaces/${name}`;
  const [namespace, limitRanges, resourceQuotas] = await Promise.all([
    connection.get(path, options),
    connection.get(`${path}/limitranges`, options),
    connection.get(`${path}/resourcequotas`, options),
  ]);
  return {
    name,
    ...readNamespace(namespace).value,
    limitRanges: readList(limitRanges).items.map((item) => readLimitRange(item).value),
    resourceQuotas: readList(resourceQuotas).items.map((item) => readResourceQuota(item).value),
  };
}
