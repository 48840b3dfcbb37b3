import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, UsageError } from '../errors.js';
import { codeOf } from './exchange.js';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The configuration that a kubeconfig file holds; its current context, cluster and user are there. `chosen` is the
 *  context to use in place of the file's own.
 *  @throws UsageError when the file is missing or is not a whole kubeconfig, or has no such context */
export async function loadKubeconfig(path: string, chosen?: string): Promise<KubeConfig> {
  const config = parse(path, await read(path));
  config.makePathsAbsolute(dirname(path));
  if (chosen !== undefined) {
    if (config.getContextObject(chosen) === null) throw contextError(path, chosen, config);
    config.setCurrentContext(chosen);
  }
  const context = config.getContextObject(config.getCurrentContext());
  if (context === null) {
    const found = config.getCurrentContext() ? `no context ${config.getCurrentContext()}` : 'none';
    throw kubeconfigError(path, 'a current-context that is among the contexts', found);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw kubeconfigError(path, `the cluster of context ${context.name}`, 'none');
  if (config.getCurrentUser() === null) {
    throw kubeconfigError(path, `the user of context ${context.name}`, 'none');
  }
  if (!/^https?:$/.test(URL.canParse(cluster.server) ? new URL(cluster.server).protocol : '')) {
    throw kubeconfigError(path, `an http or https URL as server of ${cluster.name}`, cluster.server);
  }
  return config;
}

/** The configuration that the cluster gives each pod, or undefined outside of one.
 *  @param root where the files of the service account lie in tests; nothing in a pod */
export async function loadServiceAccount(root = ''): Promise<KubeConfig | undefined> {
  try {
    await access(root + tokenPath);
  } catch {
    return undefined;
  }
  const config = new KubeConfig();
  config.loadFromCluster(root);
  // It reads KUBERNETES_SERVICE_HOST and _PORT itself, and writes "undefined" where they are not set.
  const server = config.getCurrentCluster()?.server;
  return server !== undefined && URL.canParse(server) ? config : undefined;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const found = readFailures[codeOf(error)] ?? messageOf(error);
    throw kubeconfigError(path, 'a readable file', found, error);
  }
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder',
  EACCES: 'a file that we may not read',
};

function parse(path: string, text: string): KubeConfig {
  const config = new KubeConfig();
  if (text.trim() === '') throw kubeconfigError(path, 'a kubeconfig document', 'an empty file');
  try {
    config.loadFromString(text);
    return config;
  } catch (error) {
    // The client reads members of what may be nothing or a plain text; its TypeErrors help nobody. Further lines of
    // a YAML error quote the file, tokens included.
    const found = error instanceof TypeError ? 'another document' : messageOf(error).split('\n')[0];
    throw kubeconfigError(path, 'a kubeconfig document', found ?? '', error);
  }
}

function contextError(path: string, chosen: string, config: KubeConfig): UsageError {
  const names = config.getContexts().map(({ name }) => name);
  const advice = `there is ${names.join(', ') || 'none'}`;
  return new UsageError({
    where: '--context',
    expected: `a context of ${path}`,
    found: `"${chosen}"`,
    advice,
  });
}

function kubeconfigError(path: string, expected: string, found: string, cause?: unknown): UsageError {
  const advice = 'give the path of a kubeconfig that kubectl can use, or leave it out within a cluster';
  return new UsageError({ where: `kubeconfig ${path}`, expected, found, advice }, undefined, { cause });
}
