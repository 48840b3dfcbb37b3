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
  const written = readNamespaceFiles(about.files);
  const found = live.length === 0 ? undefined : await readCluster(live, flags, written.facts);
  return {
    files: [...files.files, ...(found?.files ?? [])],
    about: about.files,
    faults: [...files.faults, ...(found?.faults ?? []), ...about.faults, ...written.faults],
    namespace: found?.namespace ?? flags.namespace ?? written.only,
    facts: (name) => written.facts.get(name) ?? (name === found?.namespace ? found.facts : undefined),
  };
}

async function readCluster(
  live: readonly LiveReference[],
  flags: Flags,
  written: ReadonlyMap<string, NamespaceFacts>,
) {
  const connection = await connectUser(live[0]?.text ?? '', flags);
  const namespace = liveNamespaceName(flags.namespace, connection);
  const objects = await readLive(connection, live, namespace);
  const facts = written.get(namespace) ?? (await readFacts(connection, namespace, withoutRights));
  return { ...objects, namespace, facts };
}

const withoutRights = 'ask for it, or describe the namespace with --namespace-file';
