import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Connection, connectCluster, connectionSchema } from './cluster.js';

/** Environment variable that holds the path of the running control plane's connection file. */
export const connectionVariable = 'PODTEMPER_CLUSTER';

/** The control plane that all test files share; globalSetup.cjs has started it.
 *  @throws Error when none runs */
export async function connect(): Promise<Cluster> {
  const path = process.env[connectionVariable];
  if (!path) {
    throw new Error(
      `${connectionVariable}: expected the path of a connection file, found nothing. ` +
        'Run the tests with jest.cluster.config.js, or copy the export line that `make cluster` prints.',
    );
  }
  return connectCluster(connectionSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
}

/** Writes the file that `connect` reads and gives its path. */
export async function writeConnection(connection: Connection): Promise<string> {
  const path = join(connection.directory, 'connection.json');
  await writeFile(path, `${JSON.stringify(connection, null, 2)}\n`);
  return path;
}
