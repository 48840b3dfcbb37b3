import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ApiClient, type ApiCredentials, createApiClient } from './apiClient.js';
import { type CommandResult, runCommand } from './commands.js';
import { kubeconfig, type User } from './kubeconfig.js';
import { type WaitOptions, waitUntil } from './waiting.js';

/** All that another process needs in order to use a running control plane. */
export const connectionSchema = z.strictObject({
  /** Such as `v1.37.2`. */
  version: z.string(),
  url: z.string(),
  /** /24 of the ClusterIPs, in the loopback range. */
  serviceRange: z.string(),
  /** Temporary folder of the run: certificates, kubeconfigs, logs. */
  directory: z.string(),
  /** Path of the administrator's kubeconfig. */
  kubeconfig: z.string(),
  caFile: z.string(),
  certificateFile: z.string(),
  keyFile: z.string(),
  /** Paths of the client programs. */
  kubectlPath: z.string(),
  helmPath: z.string(),
});
export type Connection = z.infer<typeof connectionSchema>;

export interface ToolOptions {
  input?: string;
  /** Added to the environment, which holds PATH, HOME and KUBECONFIG only. */
  env?: Record<string, string>;
}

/** A running control plane, as its administrator. */
export interface Cluster extends Connection, ApiClient {
  /** PEM text of the authority that signed the API server's certificate. */
  caCertificate: string;
  kubectl(args: readonly string[], options?: ToolOptions): Promise<CommandResult>;
  helm(args: readonly string[], options?: ToolOptions): Promise<CommandResult>;
  /** Creates a namespace and waits for its default service account, without which it admits no pod. */
  createNamespace(name: string, labels?: Record<string, string>): Promise<void>;
  /** Path of a new kubeconfig that acts as the service account, by a token good for a day. */
  kubeconfigFor(namespace: string, serviceAccount: string): Promise<string>;
}

/** Client side of a running control plane. */
export async function connectCluster(connection: Connection): Promise<Cluster> {
  const { url, directory } = connection;
  const credentials = await readCredentials(connection);
  const { ca } = credentials;
  const api = createApiClient(url, credentials);
  // HOME is the run's own: kubectl keeps what it learns of a server by port, and a later run may have that.
  const home = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: connection.kubeconfig };
  const tool =
    (path: string) =>
    (args: readonly string[], { env, ...options }: ToolOptions = {}) =>
      runCommand(path, args, { ...options, env: { ...home, ...env } });
  return {
    ...connection,
    ...api,
    caCertificate: ca,
    kubectl: tool(connection.kubectlPath),
    helm: tool(connection.helmPath),
    async createNamespace(name, labels = {}) {
      await api.requestOk('POST', '/api/v1/namespaces', { metadata: { name, labels } });
      await waitForServiceAccount(api, name);
    },
    async kubeconfigFor(namespace, serviceAccount) {
      const user = { token: await requestToken(api, namespace, serviceAccount) };
      const name = `${namespace}-${serviceAccount}-${randomUUID()}`;
      return writeKubeconfig({ url, directory, ca, namespace }, name, user);
    },
  };
}

/** Reads the administrator's certificate and key, and the authority's certificate. */
export async function readCredentials(
  files: Pick<Connection, 'caFile' | 'certificateFile' | 'keyFile'>,
): Promise<ApiCredentials> {
  const ca = await readFile(files.caFile, 'utf8');
  const cert = await readFile(files.certificateFile, 'utf8');
  return { ca, cert, key: await readFile(files.keyFile, 'utf8') };
}

/** Writes `<name>.kubeconfig` into the run's directory and gives its path. */
export async function writeKubeconfig(
  target: { url: string; directory: string; ca: string; namespace?: string },
  name: string,
  user: User,
): Promise<string> {
  const path = join(target.directory, `${name}.kubeconfig`);
  await writeFile(path, kubeconfig(target, user), { mode: 0o600 });
  return path;
}

/** Waits until the controllers have made the namespace's default service account. */
export async function waitForServiceAccount(api: ApiClient, namespace: string, options?: WaitOptions) {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  const exists = async () => (await api.request('GET', path)).status === 200;
  await waitUntil(`default service account of namespace ${namespace}`, exists, options);
}

const tokenAnswer = z.object({ status: z.object({ token: z.string() }) });

async function requestToken(api: ApiClient, namespace: string, serviceAccount: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const oneDay = { expirationSeconds: 24 * 60 * 60 };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: oneDay };
  return tokenAnswer.parse(await api.requestOk('POST', path, body)).status.token;
}
