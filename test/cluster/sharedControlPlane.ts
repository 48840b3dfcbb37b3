import { startControlPlane } from './controlPlane.js';
import { connect, connectionVariable, writeConnection } from './shared.js';

/** Starts the shared control plane, tells the test files where it is, and gives what stops it. One that
 *  PODTEMPER_CLUSTER names already is used, and left running.
 *  @throws Error when the one named does not answer */
export async function startShared(): Promise<() => Promise<void>> {
  const named = process.env[connectionVariable];
  if (named) {
    await checkRunning(named);
    return async () => undefined;
  }
  const controlPlane = await startControlPlane();
  process.env[connectionVariable] = await writeConnection(controlPlane.connection);
  return () => controlPlane.stop();
}

async function checkRunning(path: string): Promise<void> {
  try {
    const cluster = await connect();
    await cluster.requestOk('GET', '/readyz').finally(() => cluster.close());
  } catch (error) {
    throw new Error(
      `${connectionVariable}: expected the connection file of a running control plane, found ${path}: ` +
        `${String(error)}. Unset it, or run \`make cluster\` and copy the line it prints.`,
      { cause: error },
    );
  }
}
