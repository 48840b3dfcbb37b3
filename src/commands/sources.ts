import type { FactsSource } from '../admission/service.js';
import { openCertificateFolder } from '../certificates/folder.js';
import { createSelfSigned } from '../certificates/selfSigned.js';
import type { CertificateSource } from '../certificates/source.js';
import type { NamespaceFactsSource } from '../cluster/namespaceFacts.js';
import { messageOf, UsageError } from '../errors.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import { type Readiness, readinessOf } from '../server/readiness.js';
import { errorFields, type Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import { watchPolicies } from './policyFiles.js';
import type { ServeFlags } from './serve.js';

/** All that changes while the webhook runs: policies, certificate, what is known of namespaces. */
export interface Sources {
  readonly policies: () => PolicySet;
  readonly certificate: CertificateSource;
  /** Undefined without a cluster. */
  readonly facts: FactsSource | undefined;
  readonly readiness: (isDraining: boolean) => Readiness;
  readonly close: () => void;
}

/** Opens them all; whatever is missing or broken at the start is an error with what to do about it. */
export async function openSources(flags: ServeFlags, log: Log, metrics: Metrics): Promise<Sources> {
  const policies = await openPolicies(flags.policy, log, metrics);
  const certificate = await openCertificate(flags, log, metrics);
  const cluster = await openCluster(flags, log);
  return {
    policies: policies.current,
    certificate,
    facts: cluster,
    readiness: (isDraining) =>
      readinessOf({
        process: isDraining ? 'draining' : 'ok',
        policy: policies.state(),
        certificate: certificate.current().notAfter.getTime() > Date.now() ? 'ok' : 'expired',
        cluster: clusterState(cluster),
      }),
    close: () => {
      policies.close();
      certificate.close();
      cluster?.stop();
    },
  };
}

async function openPolicies(path: string | undefined, log: Log, metrics: Metrics) {
  if (path === undefined) {
    const builtIn = compilePolicies([]);
    return { current: () => builtIn, state: () => 'ok', close: () => undefined };
  }
  let fault: string | undefined;
  const watched = await watchPolicies(
    path,
    (policies) => {
      fault = undefined;
      metrics.policyReloads.inc({ result: 'ok' });
      log.info('policies reloaded', { component: 'policy', policies: [...policies.keys()] });
    },
    (error) => {
      fault = messageOf(error);
      metrics.policyReloads.inc({ result: 'failed' });
      log.error('policies not reloaded, the last good ones stay in force', {
        component: 'policy',
        ...errorFields(error),
      });
    },
  );
  const state = () => (fault === undefined ? 'ok' : `ok: the last good policies are in force; ${fault}`);
  return { current: () => watched.current(), state, close: () => watched.close() };
}

async function openCertificate(flags: ServeFlags, log: Log, metrics: Metrics): Promise<CertificateSource> {
  const { tlsDir, selfSigned, serverName } = flags;
  if ((tlsDir === undefined) === (selfSigned !== true)) {
    const found = tlsDir === undefined ? 'neither' : 'both';
    throw new UsageError({
      where: 'serve',
      expected: '--tls-dir DIR or --self-signed',
      found,
      advice: 'give one of them',
    });
  }
  const source =
    tlsDir === undefined ? createSelfSigned({ names: serverName }) : await openCertificateFolder(tlsDir);
  const show = () => metrics.certificateExpiry.set(source.current().notAfter.getTime() / 1000);
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
  return source;
}

/** The client for Kubernetes takes longer to load than all the rest, so it is loaded only where it is needed. */
async function openCluster(flags: ServeFlags, log: Log): Promise<NamespaceFactsSource | undefined> {
  const say = (why: string) => {
    const message = 'no cluster: every namespace is taken to be in one mode';
    log.warn(message, { component: 'cluster', why, mode: flags.mode, policy: flags.defaultPolicy });
  };
  if (!flags.cluster) {
    say('--no-cluster');
    return undefined;
  }
  const { connect } = await import('../cluster/connection.js');
  const connection = await connect(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig });
  if (connection === undefined) {
    say('no --kubeconfig, and this is no pod of a cluster');
    return undefined;
  }
  const { watchNamespaceFacts } = await import('../cluster/namespaceFacts.js');
  return watchNamespaceFacts(connection, {
    onError: (error, path) => {
      log.warn('cluster not read, the last known facts are in use', {
        component: 'cluster',
        path,
        ...errorFields(error),
      });
    },
  });
}

/** How long the last contact may be ago before readiness tells of it, in milliseconds. */
const staleMilliseconds = 120_000;

function clusterState(cluster: NamespaceFactsSource | undefined): string {
  if (cluster === undefined) return 'ok: none';
  if (!cluster.isReady()) return 'waiting for the first list of namespaces, LimitRanges and quotas';
  const stale = cluster.staleMilliseconds();
  return stale > staleMilliseconds
    ? `ok: the API server was last heard ${Math.round(stale / 1000)} s ago`
    : 'ok';
}
