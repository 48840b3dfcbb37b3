import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { ReviewService } from '../admission/service.js';
import { messageOf, UsageError } from '../errors.js';
import { engineSkips } from '../hardening/report.js';
import { catalogue } from '../policy/catalogue.js';
import { noticeCodes } from '../policy/notices.js';
import { createAdmissionServer, tlsOptionsOf } from '../server/admission.js';
import { answerBrokenRequests, requireHost } from '../server/brokenRequests.js';
import { limitConnections } from '../server/connectionLimit.js';
import { Drain } from '../server/drain.js';
import { createHealthApp, createOperationsApp } from '../server/operations.js';
import { createLog, errorFields, type Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { Observer } from '../telemetry/observe.js';
import { registerServerMetrics } from '../telemetry/serverMetrics.js';
import { version } from '../version.js';
import { keepAuthority } from '../certificates/authorityFile.js';
import { type Address, listen, parseAddress, reachable } from './address.js';
import { catalogueOf } from './controls.js';
import { addServeFlags, type ServeFlags } from './serveFlags.js';
import { PreviewPool } from './previewPool.js';
import { openPreview } from './servePreview.js';
import { type Sources, openSources } from './sources.js';

/** `podtemper serve`: the webhook. `home` is the folder of the program, with what it loads only when it is asked for. */
export function serveCommand(home: URL): Command {
  const command = new Command('serve')
    .summary('run the webhook')
    .description('Runs the webhook: answers the API server over HTTPS, and people over HTTP.');
  return addServeFlags(command).action((flags: ServeFlags) => serve(flags, home));
}

async function serve(flags: ServeFlags, home: URL): Promise<void> {
  const log = createLog(flags.logLevel);
  const engineReasons = Object.keys(engineSkips);
  const metrics = new Metrics(catalogue.values(), engineReasons, Object.keys(noticeCodes), version);
  const sources = await openSources(flags, log, metrics);
  const previews = new PreviewPool(new URL('previewWorker.js', home));
  const preview = openPreview(flags, sources, previews.answer, fileURLToPath(new URL('page', home)));
  try {
    await run(flags, log, metrics, sources, preview);
  } finally {
    sources.close();
    previews.close();
    await log.flush();
  }
}

async function run(
  flags: ServeFlags,
  log: Log,
  metrics: Metrics,
  sources: Sources,
  preview: PreviewEndpoints,
): Promise<void> {
  const state = { isDraining: false };
  const isDraining = () => state.isDraining;
  const servers = createServers(flags, log, metrics, sources, { ...preview, isDraining });
  const drains = servers.map((server) => new Drain(server));
  const [admission, operations] = drains;
  registerServerMetrics(metrics.registry, { listeners: { admission, operations }, log });
  try {
    const addresses = await listenBoth(servers, flags);
    for (const server of servers)
      server.on('error', (error) => log.error('server error', errorFields(error)));
    if (flags.caOut !== undefined) await writeAuthority(flags.caOut, sources, log);
    log.info('listening', {
      component: 'server',
      version,
      admission: reachable(addresses.admission),
      operations: reachable(addresses.operations),
    });
    if (flags.selfSigned) introduce(addresses);
  } catch (error) {
    // One that listens would keep the process alive.
    for (const server of servers) server.close();
    throw error;
  }
  await untilSignal();
  state.isDraining = true;
  log.info('draining', { component: 'server' });
  await stop(flags, log, drains);
}

/** Probes, scrapes and people. */
const maxOperationsConnections = 256;

/** Time of theirs, in milliseconds: for the headers, for all of a request, and between two. */
const operationsTimeouts = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5000 };
type PreviewEndpoints = ReturnType<typeof openPreview>;

type Servers = [ReturnType<typeof createAdmissionServer>, ReturnType<typeof createServer>];

function createServers(
  flags: ServeFlags,
  log: Log,
  metrics: Metrics,
  sources: Sources,
  { isDraining, ...preview }: PreviewEndpoints & { readonly isDraining: () => boolean },
): Servers {
  const readiness = () => sources.readiness(isDraining());
  const onError = (error: unknown) =>
    log.error('request failed', { component: 'server', ...errorFields(error) });
  const observer = new Observer(log, metrics);
  const service = new ReviewService({
    policies: sources.policies,
    facts: sources.facts,
    unlabelledMode: sources.facts === undefined ? flags.mode : undefined,
    defaultPolicy: flags.defaultPolicy,
    now: Date.now,
    observer,
    events: sources.events,
  });
  const fallback = createHealthApp(readiness, onError);
  const certificate = sources.certificate.current();
  const { callers } = sources;
  const admission = createAdmissionServer({
    certificate,
    service,
    ...(callers !== undefined && { callers: callers.rules }),
    onStranger: (refusal) => observer.strangerRefused(refusal),
    fallback,
    onError,
    isDraining,
    onOverload: (reviews) => observer.overloaded(reviews),
  });
  const renew = () => admission.setSecureContext(tlsOptionsOf(sources.certificate.current(), callers?.rules));
  sources.certificate.onChange(renew);
  callers?.onChange(renew);
  const app = createOperationsApp({
    readiness,
    metrics: metrics.registry,
    catalogue: catalogueOf,
    policies: () => [...sources.policies().values()].map(({ document }) => document),
    ...preview,
    onError,
  });
  const operations = createServer({ ...operationsTimeouts, requireHostHeader: false }, requireHost(app));
  answerBrokenRequests(operations);
  limitConnections(operations, maxOperationsConnections);
  return [admission, operations];
}

async function listenBoth([admission, operations]: Servers, flags: ServeFlags) {
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

/** Written before anyone is told of the addresses, so that who knows them can trust them. */
async function writeAuthority(file: string, { certificate }: Sources, log: Log): Promise<void> {
  const onError = (error: unknown) =>
    log.error('authority not written', { component: 'certificates', file, ...errorFields(error) });
  try {
    await keepAuthority(file, certificate, onError);
  } catch (cause) {
    const complaint = { where: '--ca-out', expected: 'a file that can be written', found: messageOf(cause) };
    throw new UsageError(complaint, undefined, { cause });
  }
}

/** For whoever tries it out: where things are, and a line to paste. */
function introduce({ admission, operations }: { admission: Address; operations: Address }): void {
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
    let isFirst = true;
    const onSignal = (signal: NodeJS.Signals) => {
      if (isFirst) resolve();
      else {
        process.stderr.write(`podtemper: ${signal} while draining: stopped without waiting for requests\n`);
        process.exit(1);
      }
      isFirst = false;
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  });
}

/** Readiness is gone already; requests go on being served until nobody sends any, then the rest may finish. */
async function stop(
  { drainDelay, drainDeadline }: ServeFlags,
  log: Log,
  drains: readonly Drain[],
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, drainDelay * 1000));
  const ended = await Promise.all(drains.map((drain) => drain.end(drainDeadline * 1000)));
  if (ended.includes(false)) log.warn('requests were cut at the deadline', { component: 'server' });
  log.info('stopped', { component: 'server' });
}
