import type { ClusterConnection } from '../cluster/connection.js';
import type { FactFailure, FactHealth } from '../cluster/factResources.js';
import type { NamespaceFactsSource } from '../cluster/namespaceFacts.js';
import { systemTiming, type Timing } from '../cluster/timing.js';
import { messageOf } from '../errors.js';
import { registerFactsMetrics } from '../telemetry/factsMetrics.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { ServeFlags } from './serveFlags.js';

/** A way to the cluster; undefined where there is none.
 *  @throws UsageError when the kubeconfig cannot be used */
export async function connectCluster({ kubeconfig }: ServeFlags): Promise<ClusterConnection | undefined> {
  // The client for Kubernetes takes longer to load than all the rest, so it is loaded only where it is needed.
  const { connect } = await import('../cluster/connection.js');
  return connect(kubeconfig === undefined ? {} : { kubeconfig });
}

/** What the cluster knows of its namespaces; undefined without one. How it fares is in the log and in the metrics.
 *  @throws UsageError when the kubeconfig cannot be used */
export async function openCluster(
  flags: ServeFlags,
  log: Log,
  metrics: Metrics,
  timing: Timing = systemTiming,
): Promise<NamespaceFactsSource | undefined> {
  const say = (why: string) => {
    const message = 'no cluster: every namespace is taken to be in one mode';
    log.warn(message, { component: 'cluster', why, mode: flags.mode, policy: flags.defaultPolicy });
  };
  if (!flags.cluster) {
    say('--no-cluster');
    return undefined;
  }
  const connection = await connectCluster(flags);
  if (connection === undefined) {
    say('no --kubeconfig, and this is no pod of a cluster');
    return undefined;
  }
  const { watchNamespaceFacts } = await import('../cluster/namespaceFacts.js');
  const { factResources, factVerbs } = await import('../cluster/factResources.js');
  const facts = watchNamespaceFacts(connection, {
    timing,
    onFailure: (failure) => {
      countFailure(failure.resource, failure.verb);
      logFailure(log, failure);
    },
    onRecovery: (resource, milliseconds) => {
      const seconds = Math.round(milliseconds / 1000);
      log.info('cluster read again', { component: 'cluster', resource, afterSeconds: seconds });
    },
  });
  const ages = () => facts.health().map((one) => [one.resource, one.ageMilliseconds / 1000] as const);
  const view = { resources: factResources, verbs: factVerbs, ages };
  const countFailure = registerFactsMetrics(metrics.registry, view);
  return facts;
}

/** Once when it begins and whenever the cause changes; the retries only at level debug. */
function logFailure(log: Log, { resource, verb, error, isRepeated, isKnown }: FactFailure): void {
  const message = isKnown
    ? 'cluster not read, the last known facts are in use'
    : 'cluster not read, and nothing is known of it yet';
  log[isRepeated ? 'debug' : 'warn'](message, {
    component: 'cluster',
    resource,
    verb,
    error: messageOf(error),
  });
}

/** Above what is normal where nothing changes, in milliseconds. */
const staleMilliseconds = 120_000;

/** What readiness says of the cluster: `ok` and more where old facts are in use, or what is still missing. */
export function clusterState(cluster: Pick<NamespaceFactsSource, 'health'> | undefined): string {
  if (cluster === undefined) return 'ok: none';
  const health = cluster.health();
  const missing = health.filter(({ isKnown }) => !isKnown);
  if (missing.length > 0) {
    const names = missing.map(({ resource }) => resource).join(', ');
    return `waiting for the first list of ${names}${causesOf(missing)}`;
  }
  const age = Math.max(...health.map(({ ageMilliseconds }) => ageMilliseconds));
  const isStale = age > staleMilliseconds || health.some(({ fault }) => fault !== undefined);
  return isStale ? `ok: facts ${Math.round(age / 1000)} s old${causesOf(health)}` : 'ok';
}

/** `; ` and each cause once. */
function causesOf(health: readonly FactHealth[]): string {
  const causes = health.flatMap(({ fault }) => (fault === undefined ? [] : [messageOf(fault.error)]));
  return [...new Set(causes)].map((cause) => `; ${cause}`).join('');
}
