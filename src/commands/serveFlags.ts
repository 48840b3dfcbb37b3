import { authorityDays, certificateDays } from '../certificates/authority.js';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type NamespaceMode, namespaceModes } from '../policy/plan.js';
import { logLevels, type LogLevel } from '../telemetry/log.js';

/** The flags of `serve`; each can be given as an environment variable too. */
export interface ServeFlags {
  readonly admissionAddress: string;
  readonly operationsAddress: string;
  readonly policy?: string;
  readonly defaultPolicy: string;
  readonly tlsDir?: string;
  readonly tlsSecret?: ObjectName;
  readonly webhookConfiguration: string;
  /** In days, as below. */
  readonly authorityLife: number;
  readonly certificateLife: number;
  readonly selfSigned?: boolean;
  readonly caOut?: string;
  readonly serverName: string[];
  readonly clientCa?: string;
  readonly clientName: string[];
  readonly kubeconfig?: string;
  /** False with `--no-cluster`. */
  readonly cluster: boolean;
  /** False with `--no-events`. */
  readonly events: boolean;
  readonly mode: NamespaceMode;
  readonly logLevel: LogLevel;
  readonly drainDelay: number;
  readonly drainDeadline: number;
}

/** An object of a namespace. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Longest time to drain, in seconds: an hour, more than any pod is given. */
const maxSeconds = 3600;

/** Adds the flags to the command. */
export function addServeFlags(command: Command): Command {
  return addCallerFlags(addCertificateFlags(command))
    .addOption(flag('--admission-address <host:port>', 'HTTPS, for the API server').default('0.0.0.0:8443'))
    .addOption(
      flag('--operations-address <host:port>', 'HTTP, for people and probes').default('127.0.0.1:8080'),
    )
    .addOption(
      flag('--policy <path>', 'HardeningPolicy file, or a folder of them; watched').argParser(takeOnce),
    )
    .addOption(flag('--default-policy <name>', 'policy of a namespace that names none').default('default'))
    .addOption(flag('--kubeconfig <file>', 'cluster to read namespaces, LimitRanges and quotas from'))
    .addOption(flag('--no-cluster', 'know nothing of namespaces'))
    .addOption(flag('--no-events', 'write no Events into the cluster'))
    .addOption(
      flag('--mode <mode>', 'without a cluster: mode of every namespace')
        .choices(namespaceModes)
        .default('enforce'),
    )
    .addOption(
      flag('--log-level <level>', 'least important lines to write').choices(logLevels).default('info'),
    )
    .addOption(
      flag('--drain-delay <seconds>', 'after SIGTERM: time to be taken out of service')
        .argParser(parseSeconds)
        .default(5),
    )
    .addOption(
      flag('--drain-deadline <seconds>', 'after that: time for requests in flight')
        .argParser(parseSeconds)
        .default(20),
    );
}

/** Who may send reviews. */
function addCallerFlags(command: Command): Command {
  return command
    .addOption(flag('--client-ca <file>', 'PEM of the authorities of whoever may send reviews; watched'))
    .addOption(
      flag('--client-name <name...>', 'with --client-ca: common names that may send reviews').default(
        [],
        'any',
      ),
    );
}

function addCertificateFlags(command: Command): Command {
  return command
    .addOption(flag('--tls-dir <dir>', 'folder with tls.crt and tls.key; watched'))
    .addOption(
      flag(
        '--tls-secret <namespace/name>',
        'Secret in which the replicas keep an authority that they make, renew and have trusted themselves',
      ).argParser(parseObjectName),
    )
    .addOption(
      flag('--webhook-configuration <name>', 'with --tls-secret: whose caBundle to keep right').default(
        'podtemper',
      ),
    )
    .addOption(
      flag('--authority-life <time>', 'with --tls-secret: how long an authority lasts')
        .argParser(parseDays)
        .default(authorityDays, `${authorityDays}d`),
    )
    .addOption(
      flag('--certificate-life <time>', 'with --tls-secret: how long a certificate lasts')
        .argParser(parseDays)
        .default(certificateDays, `${certificateDays}d`),
    )
    .addOption(flag('--self-signed', 'make a certificate, in memory'))
    .addOption(flag('--ca-out <file>', 'with --self-signed: where to write what clients must trust'))
    .addOption(
      flag('--server-name <name...>', 'with --self-signed or --tls-secret: names it is valid for').default([
        'localhost',
        '127.0.0.1',
      ]),
    );
}

/** A flag that an environment variable can give as well. */
function flag(flags: string, text: string): Option {
  const option = new Option(flags, text);
  const variable = `PODTEMPER_${option.name().replaceAll('-', '_').toUpperCase()}`;
  // To commander, a variable that is there means yes, whatever it says.
  const isNo = option.isBoolean() && ['', '0', 'false', 'no'].includes(process.env[variable] ?? 'yes');
  return isNo ? option : option.env(variable);
}

/** @throws InvalidArgumentError where there is a path already, which would be lost without a word */
function takeOnce(path: string, before: string | undefined): string {
  if (before === undefined) return path;
  throw new InvalidArgumentError(`It comes after ${before}: put both into one folder.`);
}

/** @throws InvalidArgumentError, which names the flag */
function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= maxSeconds)) {
    throw new InvalidArgumentError(`Expected a number of seconds from 0 to ${maxSeconds}.`);
  }
  return seconds;
}

/** @throws InvalidArgumentError, which names the flag */
function parseObjectName(text: string): ObjectName {
  const [, namespace, name] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(text) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  throw new InvalidArgumentError('Expected NAMESPACE/NAME.');
}

const unitSeconds: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Days from `90d`, `12h`, `5m` or `30s`.
 *  @throws InvalidArgumentError, which names the flag */
function parseDays(text: string): number {
  const [, digits, unit = ''] = /^([1-9]\d{0,5})([dhms])$/.exec(text) ?? [];
  const seconds = Number(digits) * (unitSeconds[unit] ?? Number.NaN);
  if (seconds >= 5 && seconds <= 3650 * 86_400) return seconds / 86_400;
  throw new InvalidArgumentError('Expected a time from 5s to 3650d, such as 30d or 12h.');
}
