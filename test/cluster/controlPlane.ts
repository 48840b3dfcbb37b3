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
import {
  apiServerFlags,
  controllerManagerFlags,
  createCredentials,
  etcdFlags,
  type ServerCredentials,
} from './serverFlags.js';
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
  /** Ends kube-apiserver alone; nothing listens on its port then. */
  stopApiServer(): Promise<void>;
  /** Starts it again, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Ends every process and removes the run's folder. */
  stop(): Promise<void>;
}

interface Run {
  binaries: Binaries;
  slot: Slot;
  directory: string;
  processes: ProcessGroup;
  furtherFlags: readonly string[];
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
    const furtherFlags = options.apiServerFlags ?? [];
    const run = { binaries, slot, directory, processes, furtherFlags };
    const made = await createCredentials(directory);
    const connection = await startProcesses(run, made);
    const cluster = await connectCluster(connection);
    await waitForServiceAccount(cluster, 'default', { failure: () => processes.failure() });
    return {
      ...cluster,
      connection,
      stopApiServer: () => processes.end(apiServer),
      startApiServer: () => startApiServer(run, made),
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

async function startProcesses(run: Run, made: ServerCredentials): Promise<Connection> {
  const { binaries, slot, directory, processes } = run;
  processes.start('etcd', binaries.etcd, etcdFlags(directory, slot));
  await startApiServer(run, made);

  const url = urlOf(slot);
  const files = filesOf(made);
  const credentials = await readCredentials(files);
  const kubeconfig = await writeKubeconfig({ url, directory, ca: credentials.ca }, 'admin', credentials);
  const managerFlags = controllerManagerFlags(directory, slot, made, kubeconfig);
  processes.start('kube-controller-manager', binaries.kubeControllerManager, managerFlags);

  const { version, kubectl: kubectlPath, helm: helmPath } = binaries;
  const { serviceRange } = slot;
  return { version, url, serviceRange, directory, kubeconfig, ...files, kubectlPath, helmPath };
}

const apiServer = 'kube-apiserver';

async function startApiServer(run: Run, made: ServerCredentials): Promise<void> {
  const { binaries, slot, directory, processes, furtherFlags } = run;
  const flags = [...apiServerFlags(directory, slot, made), ...furtherFlags];
  processes.start(apiServer, binaries.kubeApiserver, flags);
  const credentials = await readCredentials(filesOf(made));
  await waitForApiServer(createApiClient(urlOf(slot), credentials), processes);
}

const urlOf = ({ ports }: Slot) => `https://127.0.0.1:${ports.apiServer}`;

const filesOf = ({ ca, admin }: ServerCredentials) => ({ caFile: ca.certificateFile, ...admin });

async function waitForApiServer(api: ApiClient, processes: ProcessGroup): Promise<void> {
  const isReady = async () => (await api.request('GET', '/readyz')).status === 200;
  const failure = () => processes.failure();
  await waitUntil('kube-apiserver ready', isReady, { timeoutSeconds: 90, failure }).finally(() =>
    api.close(),
  );
}
