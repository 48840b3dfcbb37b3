import { Command, Option } from 'commander';
import { InputError, UsageError } from '../errors.js';
import { diffTexts } from '../outputs/diff.js';
import { namespaceModes } from '../policy/plan.js';
import { type ManifestObject, readManifests } from '../preview/manifests.js';
import type { PreviewOptions } from '../preview/preview.js';
import { type ApplyFlags, applyByDryRun } from './applied.js';
import { withClusterFlags } from './clusterFlags.js';
import { compareWithLive } from './compareWithLive.js';
import { liveNamespaceName, readFacts } from './liveWorkloads.js';
import { readManifestFiles } from './manifestFiles.js';
import { readPolicies } from './policyFiles.js';
import { type Choices, optionsOf } from './previewOptions.js';
import { readStream } from './readStream.js';
import { complain, type Streams, styleFor } from './streams.js';
import { connectUser } from './userCluster.js';

interface Flags extends ApplyFlags, Choices {
  readonly filename: string[];
  readonly policy?: string[];
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** `podtemper diff -f FILE`: what of the live workloads, and of the pods that come of them, a manifest would change. */
export function diffCommand(streams: Streams = process): Command {
  const command = new Command('diff')
    .summary('compare manifests, with their pods hardened, with what is live')
    .description(
      'Compares live workloads with what they and their pods would be once the manifests are applied: the live object ' +
        'on the left; on the right the object after kubectl apply, by dry run, with its pods as the webhook makes them. ' +
        'Hardening is never stored in a workload, so it shows until the manifest holds it. Other kinds are left to kubectl ' +
        'diff. Nothing is stored. Exit code 0 without differences, 1 with some, above 1 for errors.',
    )
    .requiredOption(
      '-f, --filename <file>',
      'manifest file, folder of them, or - for standard input; can be given again',
      collect,
    );
  return withClusterFlags(command, 'namespace of manifests that name none')
    .option('--server-side', 'apply as kubectl apply --server-side does')
    .option('--policy <path>', 'HardeningPolicy file or folder; can be given again', collect)
    .option('--policy-name <name>', 'policy to use, whatever the namespace says')
    .addOption(
      new Option('--mode <mode>', 'mode to use, whatever the namespace says').choices([...namespaceModes]),
    )
    .option('--no-color', 'no colours')
    .exitOverride()
    .action(async (flags: Flags) => {
      streams.exitCode = await withoutOne(() => run(flags, streams), streams);
    });
}

function collect(one: string, before: string[] = []): string[] {
  return [...before, one];
}

/** A fault of ours must not end with 1, which says that there are differences. */
async function withoutOne(work: () => Promise<number>, { stderr }: Streams): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) throw error;
    stderr.write(`podtemper: ${String(error instanceof Error ? error.stack : error)}\n`);
    return 2;
  }
}

/** Prints the differences; gives what the process is to end with. */
async function run(flags: Flags, streams: Streams): Promise<number> {
  const policies = await readPolicies(...(flags.policy ?? []));
  const sources = await readManifestFiles(flags.filename, () => readStream(streams.stdin));
  const manifests = sources.files.map(readManifests);
  const faults = [...sources.faults, ...manifests.flatMap((reading) => reading.faults)];
  for (const fault of faults) complain(fault, '', sources.files, streams);
  const objects = manifests.flatMap(({ documents }) => documents.flatMap((document) => document.objects));
  const workloads = objects.filter(({ template }) => template !== undefined);
  if (workloads.length === 0 && faults.length > 0) return 2;
  if (workloads.length === 0) {
    const expected = 'a workload or a pod';
    throw new UsageError({
      where: 'diff',
      expected,
      found: 'none',
      advice: 'kubectl diff compares the rest',
    });
  }
  const connection = await connectUser('diff', flags);
  const unnamed = liveNamespaceName(flags.namespace, connection);
  const facts = await factsOf(workloads, unnamed, (namespace) => readFacts(connection, namespace));
  const { applied, remarks, isWhole } = await applyByDryRun(
    workloads.map(({ value }) => value),
    flags,
  );
  for (const remark of remarks) streams.stderr.write(`kubectl: ${remark}\n`);
  const options = optionsOf(flags, policies, { facts: (name) => facts.get(name), namespace: unnamed });
  const comparisons = await compareWithLive(connection, applied, options);
  const odd = comparisons.flatMap((comparison) => comparison.faults);
  for (const fault of odd) complain(fault, '', [], streams);
  const style = styleFor(streams.stdout, flags.color);
  const diffs = comparisons.map(({ live, hardened }) => diffTexts(live, hardened, style));
  streams.stdout.write(diffs.join(''));
  if (faults.length + odd.length > 0 || !isWhole) return 2;
  return diffs.some((diff) => diff !== '') ? 1 : 0;
}

async function factsOf(
  workloads: readonly ManifestObject[],
  unnamed: string,
  read: (namespace: string) => ReturnType<typeof readFacts>,
) {
  const names = [...new Set(workloads.map(({ namespace }) => namespace || unnamed))];
  const facts = await Promise.all(names.map(async (name) => [name, await read(name)] as const));
  return new Map<string, ReturnType<PreviewOptions['facts']>>(facts);
}
