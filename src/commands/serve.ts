import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Command, Option } from 'commander';
import { ReviewService } from '../admission/service.js';
import { engineSkips } from '../hardening/report.js';
import { catalogue } from '../policy/catalogue.js';
import { type NamespaceMode, namespaceModes } from '../policy/plan.js';
import { createAdmissionServer, tlsOptionsOf } from '../server/admission.js';
import { drain } from '../server/drain.js';
import { createHealthApp, createOperationsApp } from '../server/operations.js';
import { createLog, errorFields, type Log, logLevels, type LogLevel } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { Observer } from '../telemetry/observe.js';
import { version } from '../version.js';
import { type Address, listen, parseAddress, reachable } from './address.js';
import { catalogueOf } from './controls.js';
import { openPreview } from './servePreview.js';
import { type Sources, openSources } from './sources.js';

/** The flags of `serve`; each can be given as an environment variable too. */
export interface ServeFlags {
  readonly admissionAddress: string;
  readonly operationsAddress: string;
  readonly policy?: string;
  readonly defaultPolicy: string;
  readonly tlsDir?: string;
  readonly selfSigned?: boolean;
  readonly caOut?: string;
  readonly serverName: string[];
  readonly kubeconfig?: string;
  /** False with `--no-cluster`. */
  readonly cluster: boolean;
  readonly mode: NamespaceMode;
  readonly logLevel: LogLevel;
  readonly drainDelay: number;
  readonly drainDeadline: number;
}

/** `podtemper serve`: the webhook. */
export function serveCommand(): Command {
  const flag = (flags: string, text: string) => {
    const option = new Option(flags, text);
    return option.env(`PODTEMPER_${option.name().replace(/^no-/, 'no_').replaceAll('-', '_').toUpperCase()}`);
  };
  return new Command('serve')
    .summary('run the webhook')
    .description('Runs the webhook: answers the API server over HTTPS, and people over HTTP.')
    .addOption(flag('--admission-address <host:port>', 'HTTPS, for the API server').default('0.0.0.0:8443'))
    .addOption(
      flag('--operations-address <host:port>', 'HTTP, for people and probes').default('127.0.0.1:8080'),
    )
    .addOption(flag('--policy <path>', 'HardeningPolicy file, or a folder of them; watched'))
    .addOption(flag('--default-policy <name>', 'policy of a namespace that names none').default('default'))
    .addOption(flag('--tls-dir <dir>', 'folder with tls.crt and tls.key; watched'))
    .addOption(flag('--self-signed', 'make a certificate, in memory'))
    .addOption(flag('--ca-out <file>', 'with --self-signed: where to write what clients must trust'))
    .addOption(
      flag('--server-name <name...>', 'with --self-signed: names it is valid for').default([
        'localhost',
        '127.0.0.1',
      ]),
    )
    .addOption(flag('--kubeconfig <file>', 'cluster to read namespaces, LimitRanges and quotas from'))
    .addOption(flag('--no-cluster', 'know nothing of namespaces'))
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
        .argParser(Number)
        .default(5),
    )
    .addOption(
      flag('--drain-deadline <seconds>', 'after that: time for requests in flight')
        .argParser(Number)
        .default(20),
    )
    .action((flags: ServeFlags) => serve(flags));
}

async function serve(flags: ServeFlags): Promise<void> {
  const log = createLog(flags.logLevel);
  const metrics = new Metrics(catalogue.values(), Object.keys(engineSkips), version);
  const sources = await openSources(flags, log, metrics);
  const state = { isDraining: false };
  const readiness = () => sources.readiness(state.isDraining);
  const onError = (error: unknown) =>
    log.error('request failed', { component: 'server', ...errorFields(error) });
  const service = new ReviewService({
    policies: sources.policies,
    facts: sources.facts,
    unlabelledMode: sources.facts === undefined ? flags.mode : undefined,
    defaultPolicy: flags.defaultPolicy,
    now: Date.now,
    observer: new Observer(log, metrics),
  });
  const admission = createAdmissionServer({
    certificate: sources.certificate.current(),
    service,
    fallback: createHealthApp(readiness, onError),
    onError,
    isDraining: () => state.isDraining,
  });
  sources.certificate.onChange((certificate) => admission.setSecureContext(tlsOptionsOf(certificate)));
  const operations = createServer(
    createOperationsApp({
      readiness,
      metrics: metrics.registry,
      catalogue: catalogueOf,
      policies: () => [...sources.policies().values()].map(({ document }) => document),
      ...openPreview(flags, sources),
      onError,
    }),
  );
  const addresses = await listenBoth(admission, operations, flags);
  log.info('listening', {
    component: 'server',
    version,
    admission: reachable(addresses.admission),
    operations: reachable(addresses.operations),
  });
  if (flags.selfSigned) await introduce(flags, addresses, sources);
  await untilSignal();
  state.isDraining = true;
  log.info('draining', { component: 'server' });
  await stop(flags, log, sources, [admission, operations]);
}

type Servers = [ReturnType<typeof createAdmissionServer>, ReturnType<typeof createServer>];

async function listenBoth(admission: Servers[0], operations: Servers[1], flags: ServeFlags) {
  const [admissionFlag, operationsFlag] = ['--admission-address', '--operations-address'];
  return {
    admission: await listen(admission, parseAddress(flags.admissionAddress, admissionFlag), admissionFlag),
    operations: await listen(
      operations,
      parseAddress(flags.operationsAddress, operationsFlag),
      operationsFlag,
    ),
  };
}

/** For whoever tries it out: where things are, and a line to paste. */
async function introduce(
  { caOut }: ServeFlags,
  { admission, operations }: { admission: Address; operations: Address },
  { certificate }: Sources,
): Promise<void> {
  if (caOut !== undefined && certificate.caBundle !== undefined) await writeFile(caOut, certificate.caBundle);
  const url = `http://${reachable(operations)}`;
  const pod =
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}';
  process.stderr.write(
    [
      '',
      `  page      ${url}/`,
      `  preview   ${url}/preview`,
      `  webhook   https://${reachable(admission)}/mutate`,
      '',
      '  Try it:',
      `  curl -s --data-binary '${pod}' ${url}/preview`,
      '',
      '',
    ].join('\n'),
  );
}

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = () => {
      process.once('SIGTERM', () => process.exit(1));
      process.once('SIGINT', () => process.exit(1));
      resolve();
    };
    let isFirst = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        if (isFirst) onSignal();
        isFirst = false;
      });
    }
  });
}

/** Readiness is gone already; requests go on being served until nobody sends any, then the rest may finish. */
async function stop(
  { drainDelay, drainDeadline }: ServeFlags,
  log: Log,
  sources: Sources,
  servers: Servers,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, drainDelay * 1000));
  const ended = await Promise.all(servers.map((server) => drain(server, drainDeadline * 1000)));
  sources.close();
  if (ended.includes(false)) log.warn('requests were cut at the deadline', { component: 'server' });
  log.info('stopped', { component: 'server' });
  await log.flush();
}
