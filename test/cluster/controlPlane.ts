import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from './apiClient.js';
import { type Binaries, findBinaries } from './binaries.js';
import {
  type Cluster,
  type Connection,
  connectCluster,
  readCredentials,
  waitForServiceAccount,
  writeKubeconfig,
} from './cluster.js';
import { ProcessGroup } from './processes.js';
import { apiServerFlags, controllerManagerFlags, createCredentials, etcdFlags } from './serverFlags.js';
import { type Slot, claimSlot } from './slots.js';
import { waitUntil } from './waiting.js';

export interface ControlPlaneOptions {
  /** Kubernetes minor version; KUBE_VERSION, else 1.37, if left out. */
  version?: string;
  /** 0 to 255: services get 127.99.<slot>.0/24. A free one if left out. */
  slot?: number;
  /** Further flags of kube-apiserver. */
  apiServerFlags?: readonly string[];
}

/** A control plane that this process has started. */
export interface ControlPlane extends Cluster {
  connection: Connection;
  /** Ends every process and removes the run's folder. */
  stop(): Promise<void>;
}

interface Run {
  binaries: Binaries;
  slot: Slot;
  directory: string;
  processes: ProcessGroup;
  apiServerFlags: readonly string[];
}

/** Starts etcd, kube-apiserver and kube-controller-manager on loopback and waits until pods can be created.
 *  @throws Error with the last log lines of each process; nothing is left running then */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await findBinaries(options.version);
  const slot = await claimSlot(options.slot);
  const directory = await mkdtemp(join(tmpdir(), 'podtemper-cluster-'));
  const processes = new ProcessGroup(directory);
  const stop = async () => {
    await processes.stop();
    await slot.release();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const { apiServerFlags = [] } = options;
    const connection = await startProcesses({ binaries, slot, directory, processes, apiServerFlags });
    const cluster = await connectCluster(connection);
    await waitForServiceAccount(cluster, 'default', { failure: () => processes.failure() });
    return {
      ...cluster,
      connection,
      async stop() {
        cluster.close();
        await stop();
      },
    };
  } catch (error) {
    const report = processes.report();
    await stop();
    throw new Error(`the test control plane did not start: ${String(error)}\n${report}`, { cause: error });
  }
}

async function startProcesses(run: Run): Promise<Connection> {
  const { binaries, slot, directory, processes } = run;
  const made = await createCredentials(directory);
  processes.start('etcd', binaries.etcd, etcdFlags(directory, slot));
  const flags = [...apiServerFlags(directory, slot, made), ...run.apiServerFlags];
  processes.start('kube-apiserver', binaries.kubeApiserver, flags);

  const url = `https://127.0.0.1:${slot.ports.apiServer}`;
  const files = { caFile: made.ca.certificateFile, ...made.admin };
  const credentials = await readCredentials(files);
  await waitForApiServer(createApiClient(url, credentials), processes);
  const kubeconfig = await writeKubeconfig({ url, directory, ca: credentials.ca }, 'admin', credentials);
  const managerFlags = controllerManagerFlags(directory, slot, made, kubeconfig);
  processes.start('kube-controller-manager', binaries.kubeControllerManager, managerFlags);

  const { version, kubectl: kubectlPath, helm: helmPath } = binaries;
  const { serviceRange } = slot;
  return { version, url, serviceRange, directory, kubeconfig, ...files, kubectlPath, helmPath };
}

async function waitForApiServer(api: ApiClient, processes: ProcessGroup): Promise<void> {
  const isReady = async () => (await api.request('GET', '/readyz')).status === 200;
  const failure = () => processes.failure();
  await waitUntil('kube-apiserver ready', isReady, { timeoutSeconds: 90, failure }).finally(() =>
    api.close(),
  );
}
