import { dryRun } from '../barePod.js';
import type { Cluster } from '../cluster.js';
import type { Installation } from '../installation.js';
import { previewItem } from '../previewItem.js';
import type { Witnesses } from './judge.js';

/** The API server of the tests, and the webhook that is installed there. */
export function witnessesOf(cluster: Cluster, installation: Installation): Witnesses {
  return {
    submit: (namespace, pod) => dryRun(cluster, namespace, pod),
    preview: (namespace, pod) => previewItem(installation, pod, namespace),
  };
}
