import { Command, Option } from 'commander';
import { renderAudit, renderAuditJson } from '../outputs/audit.js';
import { namespaceModes } from '../policy/plan.js';
import { type Preview, previewFiles, type PreviewOptions } from '../preview/preview.js';
import { type ClusterFlags, withClusterFlags } from './clusterFlags.js';
import { failOnOption, type FailOn, reasonsToFail } from './failOn.js';
import { readNamespaces } from './liveNamespaces.js';
import { readPolicies } from './policyFiles.js';
import { type Choices, optionsOf } from './previewOptions.js';
import { progressOn } from './progress.js';
import { complain, type Streams, styleFor, widthOf } from './streams.js';
import { connectUser } from './userCluster.js';

interface Flags extends ClusterFlags, Choices {
  readonly output: 'text' | 'json';
  readonly policy?: string[];
  readonly failOn?: FailOn[];
  /** False with `--no-color`. */
  readonly color: boolean;
}

type AuditStreams = Pick<Streams, 'stdout' | 'stderr' | 'exitCode'>;

/** `podtemper audit`: how the workloads of a live cluster stand. */
export function auditCommand(streams: AuditStreams = process): Command {
  const command = new Command('audit')
    .summary('look over the workloads of a live cluster')
    .description(
      'Looks over the workloads of a live cluster, or of one namespace: what hardening changes, what they have opted out ' +
        'of, until when and why, and which Pod Security level each namespace reaches. A namespace that has not opted in is ' +
        'shown as if it had, in mode enforce. Nothing is changed.',
    );
  return withClusterFlags(command, 'one namespace, in place of all')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .option('--policy <path>', 'HardeningPolicy file or folder; can be given again', collect)
    .option('--policy-name <name>', 'policy to use, whatever the namespaces say')
    .addOption(
      new Option('--mode <mode>', 'mode to use, whatever the namespaces say').choices([...namespaceModes]),
    )
    .addOption(failOnOption())
    .option('--no-color', 'no colours')
    .exitOverride()
    .action(async (flags: Flags) => {
      const exitCode = await run(flags, streams);
      if (exitCode > 0) streams.exitCode = exitCode;
    });
}

function collect(one: string, before: string[] = []): string[] {
  return [...before, one];
}

/** Prints the audit; gives what the process is to end with. */
async function run(flags: Flags, streams: AuditStreams): Promise<number> {
  const policies = await readPolicies(...(flags.policy ?? []));
  const connection = await connectUser('audit', flags);
  const progress = progressOn(streams.stderr);
  try {
    const { files, facts } = await readNamespaces(connection, flags.namespace, progress);
    const options = optionsOf(flags, policies, { facts: (name) => facts.get(name), namespace: undefined });
    const onProgress: PreviewOptions['onProgress'] = (doing, done, total) =>
      progress.step(doing, done, total, 'namespaces');
    const shown = previewFiles(files, { ...options, onProgress });
    progress.end();
    return report(shown, flags, streams);
  } finally {
    progress.end();
  }
}

function report(shown: Preview, { output, color, failOn = [] }: Flags, streams: AuditStreams): number {
  const { stdout, stderr } = streams;
  const options = { style: styleFor(stdout, color), width: widthOf(stdout) };
  stdout.write(output === 'json' ? renderAuditJson(shown) : renderAudit(shown, options));
  for (const fault of shown.faults) complain(fault, '', [], streams);
  if (shown.faults.length > 0) return 2;
  const reasons = reasonsToFail(failOn, shown);
  for (const reason of reasons) stderr.write(`podtemper: ${reason}\n`);
  return reasons.length > 0 ? 1 : 0;
}
