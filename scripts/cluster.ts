import { startControlPlane } from '../test/cluster/controlPlane.js';
import { connectionVariable, writeConnection } from '../test/cluster/shared.js';

/** `make cluster`: a real control plane on loopback that stays until Ctrl-C. */
async function main(): Promise<void> {
  const started = performance.now();
  const stopSignal = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const controlPlane = await startControlPlane();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const connectionFile = await writeConnection(controlPlane.connection);
  process.stdout.write(
    [
      `Kubernetes ${controlPlane.version} is ready at ${controlPlane.url} after ${seconds} s.`,
      `No node runs its pods. Services get addresses in ${controlPlane.serviceRange}.`,
      `Logs are in ${controlPlane.directory}.`,
      '',
      `  export KUBECONFIG=${controlPlane.kubeconfig}`,
      `  ${controlPlane.kubectlPath} get namespaces`,
      '',
      'To run the tests on it again and again without starting one each time:',
      `  export ${connectionVariable}=${connectionFile}`,
      '',
      'Ctrl-C (or SIGTERM) stops it and removes its files.',
      '',
    ].join('\n'),
  );
  // Neither a promise nor a signal handler keeps Node running.
  const keepAlive = setInterval(() => undefined, 1 << 30);
  await stopSignal;
  clearInterval(keepAlive);
  await controlPlane.stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
