import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOutput, isExecutable, requireOnPath } from './commands.js';

/** One Kubernetes release that a Go module of ours can build. */
export interface KubernetesRelease {
  /** Such as `1.37`. */
  minor: string;
  /** Such as `v1.37.2`, from the module's go.mod. */
  version: string;
  /** Folder of the Go module. */
  moduleDirectory: string;
}

const modulesDirectory = fileURLToPath(new URL('./kubernetes/', import.meta.url));

/** The release for a version such as `1.37`, `v1.37` or `1.37.2`.
 *  @throws Error when no module builds it */
export async function kubernetesRelease(asked: string): Promise<KubernetesRelease> {
  const minor = /^v?(\d+\.\d+)(?:\.\d+)?$/.exec(asked)?.[1];
  const known = (await readdir(modulesDirectory)).map((folder) => folder.replace(/^v/, ''));
  if (!minor || !known.includes(minor)) {
    throw new Error(
      `Kubernetes version: expected one of ${known.join(', ')}, found ${asked}. ` +
        `Set KUBE_VERSION to one of them, or add a Go module for it in ${modulesDirectory}.`,
    );
  }
  const moduleDirectory = join(modulesDirectory, `v${minor}`);
  const goMod = await readFile(join(moduleDirectory, 'go.mod'), 'utf8');
  const version = /^require k8s\.io\/kubernetes (v\S+)$/m.exec(goMod)?.[1];
  const full = asked.replace(/^v?/, 'v');
  if (!version || (full !== `v${minor}` && full !== version)) {
    throw new Error(
      `Kubernetes version: expected ${version ?? 'a require line'} in ${moduleDirectory}, found ${asked}.`,
    );
  }
  return { minor, version, moduleDirectory };
}

/** Path of a Kubernetes program in the folder; it is built there first if it is not yet.
 *  @throws Error when Go is missing or the build fails */
export async function buildKubernetes(
  release: KubernetesRelease,
  program: string,
  folder: string,
): Promise<string> {
  const path = join(folder, program);
  if (await isExecutable(path)) return path;
  const go = await requireOnPath(
    'go',
    `building ${program} ${release.version}`,
    'Install Go (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that holds the program.',
  );
  await mkdir(folder, { recursive: true });
  process.stderr.write(
    `building ${program} ${release.version} into ${folder}: takes minutes, the first time only\n`,
  );
  // Under another name until it is whole, so that an interrupted build is never taken for a good one.
  const unfinished = join(folder, `.${program}.${process.pid}`);
  try {
    const args = ['build', '-trimpath', '-ldflags', linkerFlags(release), '-o', unfinished];
    await commandOutput(go, [...args, `k8s.io/kubernetes/cmd/${program}`], {
      directory: release.moduleDirectory,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

/** The version is stamped in while linking; a server without one does not start. */
function linkerFlags({ minor, version }: KubernetesRelease): string {
  const [gitMajor = '', gitMinor = ''] = minor.split('.');
  const stamps = { gitVersion: version, gitMajor, gitMinor, gitTreeState: 'clean', gitCommit: 'unknown' };
  const flags = Object.entries(stamps).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-s', '-w', ...flags].join(' ');
}
