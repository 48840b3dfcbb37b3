import type { ClusterConnection } from '../cluster/connection.js';
import { ClusterError, UsageError } from '../errors.js';
import { userKubeconfig } from './userKubeconfig.js';

/** Which cluster is meant, and as whom. */
export interface ClusterChoice {
  /** As kubectl finds it, where left out. */
  readonly kubeconfig?: string | undefined;
  /** The current one of the kubeconfig, where left out. */
  readonly context?: string | undefined;
}

/** A way to the cluster of whoever runs a command; `where` is the command, or what of it needs one.
 *  @throws ClusterError where there is none; UsageError for a kubeconfig that cannot be used */
export async function connectUser(
  where: string,
  { kubeconfig, context }: ClusterChoice,
  advice = 'name one with --kubeconfig',
): Promise<ClusterConnection> {
  const path = userKubeconfig(kubeconfig);
  if (path === undefined && context !== undefined) {
    const expected = 'a kubeconfig that has this context';
    throw new UsageError({ where: '--context', expected, found: 'no kubeconfig', advice });
  }
  // The client for Kubernetes takes longer to load than all the rest, so it is loaded only where it is needed.
  const { connect } = await import('../cluster/connection.js');
  const connection = await connect({
    ...(path !== undefined && { kubeconfig: path }),
    ...(context !== undefined && { context }),
  });
  if (connection !== undefined) return connection;
  const found = 'none: no kubeconfig, and this is no pod of a cluster';
  throw new ClusterError({ where, expected: 'a cluster', found, advice });
}
