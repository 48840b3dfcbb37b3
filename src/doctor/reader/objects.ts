import type { ClusterConnection } from '../../cluster/connection.js';

/** What the reader needs of a connection. */
export type ReadingConnection = Pick<ClusterConnection, 'get' | 'write' | 'server'>;

const timeoutMilliseconds = 10_000;
const pageSize = 500;

/** The object at a path, as the API has it. */
export async function getObject<T>(connection: ReadingConnection, path: string): Promise<T> {
  return (await connection.get(path, { timeoutMilliseconds })) as T;
}

/** All objects of a list, page by page. */
export async function listObjects<T>(connection: ReadingConnection, path: string): Promise<T[]> {
  const items: T[] = [];
  let next = '';
  do {
    const separator = path.includes('?') ? '&' : '?';
    const page = await getObject<{ items: T[] | null; metadata?: { continue?: string } }>(
      connection,
      `${path}${separator}limit=${pageSize}${next}`,
    );
    items.push(...(page.items ?? []));
    const token = page.metadata?.continue ?? '';
    next = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
  } while (next !== '');
  return items;
}

/** What the API server answers to a review or a dry run: nothing is stored. */
export async function ask<T>(
  connection: Pick<ReadingConnection, 'write'>,
  path: string,
  object: unknown,
): Promise<T> {
  return (await connection.write(path, { method: 'POST', object }, { timeoutMilliseconds })) as T;
}
