import { Command } from 'commander';
import { type InputError, messageOf, UsageError } from '../errors.js';
import { type ApiServer, unknownApiServer } from '../networkpolicy/apiServer.js';
import { propose } from '../networkpolicy/propose.js';
import { inventoryOf } from '../networkpolicy/workloads.js';
import { renderNetworkPolicies } from '../outputs/networkPolicies.js';
import { type ManifestFile, readManifests } from '../preview/manifests.js';
import { blockOf } from './blocks.js';
import { readManifestFiles } from './manifestFiles.js';
import type { Streams } from './streams.js';
import { readLiveNamespace } from './liveNamespace.js';
import { readStream } from './readStream.js';

interface Flags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly apiServer?: string[];
}

/** `podtemper networkpolicy [FILE...|-]`: NetworkPolicies for a person to review. */
export function networkPolicyCommand(streams: Streams = process): Command {
  return new Command('networkpolicy')
    .summary('print NetworkPolicies for workloads, to be reviewed')
    .description(
      'Prints NetworkPolicies for the workloads of manifests or of a live namespace, each rule with its reason: nothing is ' +
        'open by default, then the declared ports, DNS, and the world without the API server, the kubelets and the metadata ' +
        'service of the cloud. They are for a person to review: nothing is ever applied.',
    )
    .argument('[file...]', 'manifest files, folders of them, or - for standard input')
    .option('-n, --namespace <name>', 'a live namespace in place of files')
    .option(
      '--kubeconfig <file>',
      'cluster of that namespace; $KUBECONFIG or ~/.kube/config where it is left out',
    )
    .option('--api-server <cidr>', 'address of the API server; can be given again', collect)
    .action(async (paths: string[], flags: Flags) => {
      const exitCode = await run(paths, flags, streams);
      if (exitCode > 0) streams.exitCode = exitCode;
    });
}

function collect(one: string, before: string[] = []): string[] {
  return [...before, one];
}

async function run(paths: readonly string[], flags: Flags, streams: Streams): Promise<number> {
  const given = (flags.apiServer ?? []).map(blockOf);
  const { files, faults: unread, apiServer: found } = await read(paths, flags, streams);
  const manifests = files.map(readManifests);
  const inventory = inventoryOf(manifests);
  const faults = [...unread, ...manifests.flatMap((reading) => reading.faults)];
  for (const fault of faults) streams.stderr.write(`podtemper: ${messageOf(fault)}\n`);
  if (inventory.workloads.length === 0) {
    if (faults.length > 0) return 2;
    throw new UsageError({ where: 'networkpolicy', expected: 'a workload or a pod', found: 'none' });
  }
  const apiServer =
    given.length > 0
      ? { ...unknownApiServer, ...portsOf(found), blocks: given, source: 'from --api-server' }
      : found;
  streams.stdout.write(renderNetworkPolicies(propose(inventory, apiServer)));
  return faults.length > 0 ? 2 : 0;
}

function portsOf({ blocks, ports }: ApiServer): Partial<ApiServer> {
  return blocks.length > 0 ? { ports } : {};
}

interface Sources {
  readonly files: readonly ManifestFile[];
  readonly faults: readonly InputError[];
  readonly apiServer: ApiServer;
}

async function read(paths: readonly string[], flags: Flags, { stdin }: Streams): Promise<Sources> {
  const { namespace, kubeconfig } = flags;
  if (namespace !== undefined) {
    if (paths.length === 0) return { ...(await readLiveNamespace(namespace, kubeconfig)), faults: [] };
    const expected = 'files or a namespace';
    throw new UsageError({ where: '--namespace', expected, found: `both (${paths.join(', ')})` });
  }
  if (paths.length === 0 && stdin.isTTY === true) {
    const advice = 'try podtemper networkpolicy deployment.yaml, or podtemper networkpolicy -n shop';
    const expected = 'a manifest file, a folder, - or --namespace';
    throw new UsageError({ where: 'networkpolicy', expected, found: 'nothing', advice });
  }
  const sources = await readManifestFiles(paths.length > 0 ? paths : ['-'], () => readStream(stdin));
  return { ...sources, apiServer: unknownApiServer };
}
