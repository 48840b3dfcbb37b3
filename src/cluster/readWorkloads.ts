import { isObject, objectAt, textAt } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';

const options = { timeoutMilliseconds: 10_000 };

/** What is read of a namespace: all that makes pods, and what leads to them. What the cluster does not have, or the
 *  caller may not read, is left out where the list says so. */
const lists: readonly { readonly path: string; readonly isOptional?: true }[] = [
  { path: '/api/v1/namespaces/NAME/pods' },
  { path: '/api/v1/namespaces/NAME/services' },
  { path: '/api/v1/namespaces/NAME/replicationcontrollers' },
  { path: '/apis/apps/v1/namespaces/NAME/daemonsets' },
  { path: '/apis/apps/v1/namespaces/NAME/deployments' },
  { path: '/apis/apps/v1/namespaces/NAME/replicasets' },
  { path: '/apis/apps/v1/namespaces/NAME/statefulsets' },
  { path: '/apis/batch/v1/namespaces/NAME/cronjobs' },
  { path: '/apis/batch/v1/namespaces/NAME/jobs' },
  { path: '/apis/networking.k8s.io/v1/namespaces/NAME/ingresses' },
  { path: '/apis/gateway.networking.k8s.io/v1/namespaces/NAME/httproutes', isOptional: true },
  { path: '/apis/gateway.networking.k8s.io/v1/namespaces/NAME/grpcroutes', isOptional: true },
];

type Connection = Pick<ClusterConnection, 'get'>;

/** The lists of a namespace, as the API server gives them.
 *  @throws StatusError where one may not be read, or there is no such namespace */
export async function readWorkloads(connection: Connection, namespace: string): Promise<unknown[]> {
  await connection.get(`/api/v1/namespaces/${namespace}`, options);
  const answers = await Promise.all(
    lists.map(async ({ path, isOptional }) => {
      const answer = connection.get(path.replace('NAME', namespace), options);
      return isOptional === true ? answer.catch(nothingWhereUnknown) : answer;
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}

function nothingWhereUnknown(error: unknown): undefined {
  if (error instanceof StatusError && (error.status === 403 || error.status === 404)) return undefined;
  throw error;
}

/** Addresses and ports of the API server, from within the cluster: those of the Service kubernetes and of what is
 *  behind it. Empty where the caller may read neither. */
export async function readApiServer(
  connection: Connection,
): Promise<{ readonly addresses: string[]; readonly ports: number[] }> {
  const [service, slices] = await Promise.all([
    connection.get('/api/v1/namespaces/default/services/kubernetes', options).catch(nothingWhereUnknown),
    connection.get(slicesPath, options).catch(nothingWhereUnknown),
  ]);
  const spec = objectAt(service, 'spec');
  const items = itemsOf(slices, 'items');
  const addresses = items.flatMap((slice) =>
    itemsOf(slice, 'endpoints').flatMap((one) => textsOf(one, 'addresses')),
  );
  const ports = [...items.flatMap((slice) => itemsOf(slice, 'ports')), ...itemsOf(spec, 'ports')].map(
    (port) => (isObject(port) ? Number(port.port) : Number.NaN),
  );
  return {
    addresses: unique([...textsOf(spec, 'clusterIPs'), textAt(spec, 'clusterIP'), ...addresses]).filter(
      (address) => address !== '' && address !== 'None',
    ),
    ports: unique(ports.filter((port) => port > 0)),
  };
}

const slicesPath =
  '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';

function itemsOf(value: unknown, key: string): readonly unknown[] {
  const items = isObject(value) ? value[key] : undefined;
  return Array.isArray(items) ? items : [];
}

function textsOf(value: unknown, key: string): string[] {
  return itemsOf(value, key).filter((item) => typeof item === 'string');
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
