import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { checks, diagnose, type Diagnosis } from '../doctor/diagnose.js';
import { severities, type Severity } from '../doctor/finding.js';
import { renderDiagnosis } from '../outputs/diagnosis.js';
import { plain, type Style } from '../outputs/style.js';
import { version } from '../version.js';
import { parseAddress } from './address.js';
import type { Streams } from './streams.js';
import { connectUser } from './userCluster.js';

interface Flags {
  readonly kubeconfig?: string;
  readonly webhookConfiguration?: string;
  readonly namespace?: string;
  readonly admissionAddress?: string;
  readonly output: 'text' | 'json';
  readonly failOn: Severity;
}

type DoctorStreams = Pick<Streams, 'stdout' | 'exitCode'>;

/** `podtemper doctor`: what is wrong with an installation, seen from outside, and what to do about it. */
export function doctorCommand(streams: DoctorStreams = process): Command {
  return new Command('doctor')
    .summary('look an installation over and say what to do about what is wrong')
    .description(
      'Looks at an installation from outside: registration, Service, replicas, certificates, rights, policies, labels. ' +
        'It changes nothing; a pod is created by dry run. Exit code 1 where something is wrong, 3 without a cluster.',
    )
    .option('--kubeconfig <file>', 'as whom to look; as kubectl does, where left out')
    .option('--webhook-configuration <name>', 'which installation, where there are several')
    .option('-n, --namespace <name>', 'where it is installed, should no webhook configuration say so')
    .option(
      '--admission-address <host:port>',
      'where a replica is reached, such as through kubectl port-forward',
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--fail-on <severity>', 'least severe finding for exit code 1')
        .choices(severities)
        .default('error'),
    )
    .action((flags: Flags) => examine(flags, streams));
}

async function examine(flags: Flags, streams: DoctorStreams): Promise<void> {
  const { stdout } = streams;
  const diagnosis = await diagnosisFor(flags);
  const isColoured = stdout.hasColors?.() === true;
  const style: Style = isColoured
    ? (format, text) => styleText(format, text, { validateStream: false })
    : plain;
  const options = { width: Math.min(stdout.columns ?? 100, 120), style, checks: checks.length };
  stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(diagnosis, undefined, 2)}\n`
      : renderDiagnosis(diagnosis, options),
  );
  const failing = new Set(severities.slice(0, severities.indexOf(flags.failOn) + 1));
  if (diagnosis.findings.some(({ severity }) => failing.has(severity))) streams.exitCode = 1;
}

/** @throws ClusterError where there is no cluster */
async function diagnosisFor(flags: Flags): Promise<Diagnosis> {
  const { admissionAddress, webhookConfiguration, namespace } = flags;
  const connection = await connectUser('doctor', { kubeconfig: flags.kubeconfig });
  // Loaded only where it is needed, as the client for Kubernetes is.
  const { readInstallation } = await import('../doctor/reader/readInstallation.js');
  const installation = await readInstallation({
    connection,
    version,
    ...(webhookConfiguration !== undefined && { configuration: webhookConfiguration }),
    ...(namespace !== undefined && { namespace }),
    ...(admissionAddress !== undefined && {
      admission: parseAddress(admissionAddress, '--admission-address'),
    }),
  });
  return diagnose(installation);
}
