import { messageOf, UsageError } from '../errors.js';
import { type ApiServer, unknownApiServer } from '../networkpolicy/apiServer.js';
import type { ManifestFile } from '../preview/manifests.js';
import { blockOf } from './blocks.js';
import { connectUser } from './userCluster.js';

/** What makes pods in a namespace of the cluster, as manifests, and where the API server is.
 *  @throws ClusterError where there is no cluster; UsageError where there is no namespace of that name */
export async function readLiveNamespace(
  namespace: string,
  kubeconfig: string | undefined,
): Promise<{ files: ManifestFile[]; apiServer: ApiServer }> {
  // The client for Kubernetes takes longer to load than all the rest, so it is loaded only where it is needed.
  const { readApiServer, readWorkloads } = await import('../cluster/readWorkloads.js');
  const { isNamespaceName } = await import('../cluster/fetchNamespaceFacts.js');
  if (!isNamespaceName(namespace)) {
    throw new UsageError({
      where: '--namespace',
      expected: 'the name of a namespace',
      found: `"${namespace}"`,
    });
  }
  const advice = 'give --kubeconfig, or manifest files in place of --namespace';
  const connection = await connectUser('networkpolicy', { kubeconfig }, advice);
  const [lists, { addresses, ports }] = await Promise.all([
    readWorkloads(connection, namespace),
    readApiServer(connection),
  ]).catch((cause: unknown) => {
    const expected = 'a namespace that can be read';
    const complaint = { where: `namespace ${namespace}`, expected, found: messageOf(cause) };
    throw new UsageError(complaint, undefined, { cause });
  });
  const files = lists.map((list) => ({ file: `namespace ${namespace}`, text: JSON.stringify(list) }));
  if (addresses.length === 0) return { files, apiServer: unknownApiServer };
  const known = { blocks: addresses.map(blockOf), source: 'from the cluster' };
  return { files, apiServer: { ...unknownApiServer, ...known, ...(ports.length > 0 && { ports }) } };
}
