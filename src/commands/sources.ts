import type { EventSink } from '../admission/events.js';
import type { FactsSource } from '../admission/service.js';
import { openCertificateFolder } from '../certificates/folder.js';
import { createSelfSigned } from '../certificates/selfSigned.js';
import { type CertificateSource, untimely } from '../certificates/source.js';
import type { NamespaceFactsSource } from '../cluster/namespaceFacts.js';
import { messageOf, PolicyError, UsageError } from '../errors.js';
import { countNamespaces } from '../policy/census.js';
import { didYouMean } from '../policy/nearest.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';
import { type Readiness, readinessOf } from '../server/readiness.js';
import { errorFields, type Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import { registerNamespaceMetrics } from '../telemetry/namespaceMetrics.js';
import { type Callers, openCallers } from './callers.js';
import { clusterState, connectCluster, openCluster } from './cluster.js';
import { type OpenedEvents, openEvents } from './events.js';
import { watchPolicies } from './policyFiles.js';
import type { ObjectName, ServeFlags } from './serveFlags.js';

/** All that changes while the webhook runs: policies, certificate, what is known of namespaces. */
export interface Sources {
  readonly policies: () => PolicySet;
  readonly certificate: CertificateSource;
  /** Undefined where anybody may send reviews. */
  readonly callers: Callers | undefined;
  /** Undefined without a cluster. */
  readonly facts: FactsSource | undefined;
  /** Undefined where no Events are written. */
  readonly events: EventSink | undefined;
  readonly readiness: (isDraining: boolean) => Readiness;
  readonly close: () => void;
}

/** Opens them all; whatever is missing or broken at the start is an error with what to do about it. What is open by then
 *  is closed: it would keep the process alive, and might lead the others. */
export async function openSources(flags: ServeFlags, log: Log, metrics: Metrics): Promise<Sources> {
  const ends: (() => void)[] = [];
  const close = () => {
    for (const end of ends) end();
  };
  try {
    const sources = await openInTurn(flags, log, metrics, (end) => ends.push(end));
    return { ...sources, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Tells how to close each as soon as it is open. What only reads files comes before what acts in the cluster. */
async function openInTurn(
  flags: ServeFlags,
  log: Log,
  metrics: Metrics,
  onOpen: (end: () => void) => void,
): Promise<Omit<Sources, 'close'>> {
  const policies = await openPolicies(flags, log, metrics);
  onOpen(policies.close);
  const callers = await openCallers(flags, log);
  if (callers !== undefined) onOpen(callers.close);
  const certificate = await openCertificate(flags, log, metrics);
  onOpen(() => certificate.source.close());
  const cluster = await openCluster(flags, log, metrics);
  if (cluster !== undefined) {
    onOpen(() => cluster.stop());
    showNamespaces(cluster, policies.current, flags, metrics);
  }
  const events = await openEventsOf(flags, log, metrics);
  if (events !== undefined) onOpen(events.close);
  return {
    policies: policies.current,
    certificate: certificate.source,
    callers,
    facts: cluster,
    events,
    readiness: (isDraining) =>
      readinessOf({
        process: isDraining ? 'draining' : 'ok',
        policy: policies.state(),
        certificate: certificate.state(),
        cluster: clusterState(cluster),
      }),
  };
}

/** How many namespaces opted in, and to what, is in the metrics. */
function showNamespaces(
  cluster: Pick<NamespaceFactsSource, 'labels'>,
  policies: () => PolicySet,
  { defaultPolicy }: ServeFlags,
  { registry }: Metrics,
): void {
  registerNamespaceMetrics(registry, () =>
    countNamespaces(cluster.labels(), { policies: policies(), unlabelledMode: undefined, defaultPolicy }),
  );
}

async function openEventsOf(
  flags: ServeFlags,
  log: Log,
  metrics: Metrics,
): Promise<OpenedEvents | undefined> {
  const connection = flags.events && flags.cluster ? await connectCluster(flags) : undefined;
  return connection === undefined ? undefined : openEvents(connection, log, metrics);
}

/** Policies, and what readiness says of them. */
interface Policies {
  readonly current: () => PolicySet;
  readonly state: () => string;
  readonly close: () => void;
}

async function openPolicies(flags: ServeFlags, log: Log, metrics: Metrics): Promise<Policies> {
  const { policy: path, defaultPolicy } = flags;
  const compile = (documents: readonly PolicyDocument[]) =>
    withDefault(compilePolicies(documents), defaultPolicy);
  if (path === undefined) {
    const builtIn = compile([]);
    return { current: () => builtIn, state: () => 'ok', close: () => undefined };
  }
  let fault: string | undefined;
  const watched = await watchPolicies(path, {
    compile,
    onReload: (policies) => {
      fault = undefined;
      metrics.policyReloads.inc({ result: 'ok' });
      metrics.policyFault.set(0);
      log.info('policies reloaded', { component: 'policy', policies: [...policies.keys()] });
    },
    onError: (error) => {
      fault = messageOf(error);
      metrics.policyReloads.inc({ result: 'failed' });
      metrics.policyFault.set(1);
      log.error('policies not reloaded, the last good ones stay in force', {
        component: 'policy',
        ...errorFields(error),
      });
    },
  });
  log.info('policies loaded', { component: 'policy', path, policies: [...watched.current().keys()] });
  const state = () => (fault === undefined ? 'ok' : `ok: the last good policies are in force; ${fault}`);
  return { current: () => watched.current(), state, close: () => watched.close() };
}

/** Without that policy every namespace that names none would be left alone, and told of a label that it does not have.
 *  @throws PolicyError */
function withDefault(policies: PolicySet, defaultPolicy: string): PolicySet {
  if (policies.has(defaultPolicy)) return policies;
  const names = [...policies.keys()];
  throw new PolicyError({
    where: '--default-policy',
    expected: 'the name of a policy that is there',
    found: `"${defaultPolicy}"`,
    advice: didYouMean(defaultPolicy, names) ?? `there is ${names.join(', ')}`,
  });
}

/** A certificate, and what readiness says of it. */
interface OpenedCertificate {
  readonly source: CertificateSource;
  readonly state: () => string;
}

async function openCertificate(flags: ServeFlags, log: Log, metrics: Metrics): Promise<OpenedCertificate> {
  requireOneSource(flags);
  const opened = await openSource(flags, log, metrics);
  const { source } = opened;
  const show = () => {
    const { notBefore, notAfter } = source.current();
    metrics.certificateStart.set(notBefore.getTime() / 1000);
    metrics.certificateExpiry.set(notAfter.getTime() / 1000);
  };
  show();
  source.onChange(({ notAfter }) => {
    show();
    metrics.certificateReloads.inc({ result: 'ok' });
    log.info('certificate reloaded', { component: 'certificates', notAfter: notAfter.toISOString() });
  });
  source.onError((error) => {
    metrics.certificateReloads.inc({ result: 'failed' });
    log.error('certificate not reloaded, the last good one goes on serving', {
      component: 'certificates',
      ...errorFields(error),
    });
  });
  return opened;
}

async function openSource(flags: ServeFlags, log: Log, metrics: Metrics): Promise<OpenedCertificate> {
  const { tlsDir, tlsSecret, serverName } = flags;
  if (tlsSecret !== undefined) return openShared(flags, tlsSecret, log, metrics);
  const source =
    tlsDir === undefined ? createSelfSigned({ names: serverName }) : await openCertificateFolder(tlsDir);
  let fault: string | undefined;
  source.onChange(() => (fault = undefined));
  source.onError((error) => (fault = messageOf(error)));
  const state = () => {
    const good = fault === undefined ? 'ok' : `ok: the last good certificate serves; ${fault}`;
    return untimely(source.current(), new Date()) ?? good;
  };
  return { source, state };
}

async function openShared(
  flags: ServeFlags,
  secret: ObjectName,
  log: Log,
  metrics: Metrics,
): Promise<OpenedCertificate> {
  const { serverName, webhookConfiguration, authorityLife, certificateLife } = flags;
  if (4 * certificateLife > authorityLife) {
    throw new UsageError({
      where: '--certificate-life',
      expected: 'a quarter of --authority-life at most',
      found: `${certificateLife} of ${authorityLife} days`,
      advice: 'a longer one leaves no time to hand over from one authority to the next',
    });
  }
  const connection = flags.cluster ? await connectCluster(flags) : undefined;
  if (connection === undefined) {
    const found = flags.cluster ? 'none: no --kubeconfig, and this is no pod of a cluster' : '--no-cluster';
    throw new UsageError({ where: '--tls-secret', expected: 'a cluster that has the Secret', found });
  }
  // Loaded only where it is needed, as the client for Kubernetes is.
  const { shareCertificate } = await import('./selfManaged.js');
  const lifetimes = { authorityDays: authorityLife, certificateDays: certificateLife };
  return shareCertificate(
    { connection, secret, webhookConfiguration, names: serverName, lifetimes },
    log,
    metrics,
  );
}

/** @throws UsageError */
function requireOneSource({ tlsDir, tlsSecret, selfSigned, caOut }: ServeFlags): void {
  const given = [
    ...(tlsDir === undefined ? [] : ['--tls-dir']),
    ...(tlsSecret === undefined ? [] : ['--tls-secret']),
    ...(selfSigned === true ? ['--self-signed'] : []),
  ];
  const [only = 'none', ...others] = given;
  if (given.length !== 1) {
    const expected = '--tls-dir DIR, --tls-secret NAMESPACE/NAME or --self-signed';
    const found = [only, ...others].join(' and ');
    throw new UsageError({ where: 'serve', expected, found, advice: 'give one of them' });
  }
  if (selfSigned !== true && caOut !== undefined) {
    const complaint = { where: '--ca-out', expected: '--self-signed beside it', found: only };
    throw new UsageError({ ...complaint, advice: 'what clients must trust comes with the certificate' });
  }
}
