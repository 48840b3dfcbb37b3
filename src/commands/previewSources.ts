import type { ClusterConnection } from '../cluster/connection.js';
import type { InputError } from '../errors.js';
import type { NamespaceFacts } from '../kubernetes.js';
import type { ManifestFile } from '../preview/manifests.js';
import { readNamespaceFiles } from '../preview/namespaces.js';
import type { PreviewOptions } from '../preview/preview.js';
import type { ClusterFlags } from './clusterFlags.js';
import { type LiveReference, tellApart } from './liveReferences.js';
import { liveNamespaceName, readFacts, readLive } from './liveWorkloads.js';
import { readManifestFiles } from './manifestFiles.js';
import { refuseToWrite } from './previewWrite.js';
import { connectUser } from './userCluster.js';

/** What is previewed, and what is known of its namespaces. */
export interface Sources extends Pick<PreviewOptions, 'facts' | 'namespace'> {
  /** Files first, then live objects by their names as they were given. */
  readonly files: readonly ManifestFile[];
  /** Manifests of namespaces. */
  readonly about: readonly ManifestFile[];
  readonly faults: readonly InputError[];
}

interface Flags extends ClusterFlags {
  readonly namespaceFile?: string;
  readonly write?: boolean;
}

/** Reads manifest files and live objects; `input` gives what `-` stands for. The cluster is asked only where a live
 *  object is named, and not of a namespace that somebody has written down.
 *  @throws ClusterError where there is none, or it may not be read; UsageError for what names neither */
export async function readSources(
  args: readonly string[],
  flags: Flags,
  input: () => Promise<string>,
): Promise<Sources> {
  const { paths, live } = tellApart(args);
  if (flags.write === true) refuseToWrite(live);
  const files = await readManifestFiles(paths, input);
  const { namespaceFile } = flags;
  const about = await readManifestFiles(namespaceFile === undefined ? [] : [namespaceFile], input);
  const cluster = await connectLive(live, flags);
  const chosen = cluster?.namespace ?? flags.namespace;
  const written = readNamespaceFiles(about.files, chosen);
  const found = cluster && (await readCluster(cluster, live, written.facts));
  return {
    files: [...files.files, ...(found?.files ?? [])],
    about: about.files,
    faults: [...files.faults, ...(found?.faults ?? []), ...about.faults, ...written.faults],
    namespace: chosen ?? written.only,
    facts: (name) => written.facts.get(name) ?? (name === cluster?.namespace ? found?.facts : undefined),
  };
}

/** The cluster of live objects, and the namespace that they are in. */
interface Cluster {
  readonly connection: ClusterConnection;
  readonly namespace: string;
}

async function connectLive([first]: readonly LiveReference[], flags: Flags): Promise<Cluster | undefined> {
  if (first === undefined) return undefined;
  const connection = await connectUser(first.text, flags);
  return { connection, namespace: liveNamespaceName(flags.namespace, connection) };
}

async function readCluster(
  { connection, namespace }: Cluster,
  live: readonly LiveReference[],
  written: ReadonlyMap<string, NamespaceFacts>,
) {
  const objects = await readLive(connection, live, namespace);
  const facts = written.get(namespace) ?? (await readFacts(connection, namespace, withoutRights));
  return { ...objects, facts };
}

const withoutRights = 'ask for it, or describe the namespace with --namespace-file';
