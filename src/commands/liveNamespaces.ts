import type { ClusterConnection } from '../cluster/connection.js';
import { listNamespaceNames, listWorkloads } from '../cluster/listWorkloads.js';
import { UsageError } from '../errors.js';
import type { NamespaceFacts } from '../kubernetes.js';
import { asWritten } from '../preview/asWritten.js';
import type { ManifestFile } from '../preview/manifests.js';
import { liveNamespaceName, readFacts, unread } from './liveWorkloads.js';
import type { Progress } from './progress.js';

type Connection = Pick<ClusterConnection, 'get' | 'namespace'>;

/** Namespaces with their workloads, a manifest each, and what the cluster says of them. */
export interface LiveNamespaces {
  readonly files: readonly ManifestFile[];
  readonly facts: ReadonlyMap<string, NamespaceFacts>;
}

/** The workloads of one namespace, or of all that there are.
 *  @throws ClusterError where something may not be read; UsageError where there is no such namespace, or no workload */
export async function readNamespaces(
  connection: Connection,
  named: string | undefined,
  progress: Progress,
): Promise<LiveNamespaces> {
  if (named !== undefined) {
    const only = await readNamespace(connection, liveNamespaceName(named, connection));
    return withSome(`namespace ${named}`, [only]);
  }
  const names = await listNamespaceNames(connection).catch((cause: unknown) => {
    throw unread('namespaces', 'the right to list namespaces', cause, 'ask for it, or name one with -n');
  });
  const found: LiveNamespace[] = [];
  // One after the other: an audit is in no hurry, and an API server has other things to do.
  for (const [index, name] of names.entries()) {
    progress.step('reading', index, names.length, 'namespaces');
    const namespace = await readNamespace(connection, name).catch(goneSince);
    if (namespace !== undefined) found.push(namespace);
  }
  return withSome('audit', found);
}

interface LiveNamespace {
  readonly facts: NamespaceFacts;
  readonly workloads: readonly object[];
}

async function readNamespace(connection: Connection, name: string): Promise<LiveNamespace> {
  const facts = await readFacts(connection, name);
  const workloads = await listWorkloads(connection, name).catch((cause: unknown) => {
    throw unread(`namespace ${name}`, 'the right to list every kind of workload', cause);
  });
  return { facts, workloads: workloads.map(asWritten) };
}

/** A namespace may go while others are read. */
function goneSince(error: unknown): undefined {
  if (!(error instanceof UsageError)) throw error;
}

function withSome(where: string, namespaces: readonly LiveNamespace[]): LiveNamespaces {
  const files = namespaces.flatMap(({ facts: { name }, workloads }) => {
    const list = { apiVersion: 'v1', kind: 'List', items: workloads };
    return workloads.length === 0 ? [] : [{ file: name, text: JSON.stringify(list) }];
  });
  if (files.length === 0) throw new UsageError({ where, expected: 'a workload', found: 'none' });
  return { files, facts: new Map(namespaces.map(({ facts }) => [facts.name, facts])) };
}
