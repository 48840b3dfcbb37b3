import { constants } from 'node:os';
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
  const stop = () => controlPlane.stop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endBy(signal, stop));
  return stop;
}

/** Jest ends at once when it is interrupted, and calls no teardown then. */
async function endBy(signal: 'SIGINT' | 'SIGTERM', stop: () => Promise<void>): Promise<void> {
  await stop().finally(() => process.exit(128 + constants.signals[signal]));
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
