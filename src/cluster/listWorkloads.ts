import { isObject, type JsonObject, objectAt, readList } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import { listPath, type WorkloadKind, workloadKinds } from './workloadKinds.js';

type Connection = Pick<ClusterConnection, 'get'>;

const options = { timeoutMilliseconds: 30_000 };
/** Objects a page, as kubectl asks for them. */
const pageSize = 500;

/** All workloads of a namespace that nothing else makes: Deployments without their ReplicaSets and pods.
 *  @throws StatusError where they may not be listed */
export async function listWorkloads(connection: Connection, namespace: string): Promise<JsonObject[]> {
  const lists = await Promise.all(
    workloadKinds.map(async (kind) => {
      const items = await listAll(connection, listPath(kind, namespace));
      // Within a list, objects do not say what they are.
      return items.filter(hasNoController).map((item) => Object.assign(typeOf(kind), item));
    }),
  );
  return lists.flat();
}

/** Names of all namespaces.
 *  @throws StatusError where they may not be listed */
export async function listNamespaceNames(connection: Connection): Promise<string[]> {
  const items = await listAll(connection, '/api/v1/namespaces');
  return items.map((item) => String(objectAt(item, 'metadata').name));
}

async function listAll(connection: Connection, path: string): Promise<JsonObject[]> {
  const all: JsonObject[] = [];
  let token = '';
  do {
    const next = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    const page = readList(await connection.get(`${path}?limit=${pageSize}${next}`, options));
    all.push(...page.items.filter(isObject));
    token = page.continueToken;
  } while (token !== '');
  return all;
}

function typeOf({ kind, group, version }: WorkloadKind) {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind };
}

function hasNoController(item: JsonObject): boolean {
  const { ownerReferences } = objectAt(item, 'metadata');
  const owners: readonly unknown[] = Array.isArray(ownerReferences) ? ownerReferences : [];
  return !owners.some((owner) => isObject(owner) && owner.controller === true);
}
