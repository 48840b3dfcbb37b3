import type { V1Pod } from '@kubernetes/client-node';
import { StatusError } from '../../cluster/exchange.js';
import { annotationKeys, labelKeys } from '../../kubernetes.js';
import type { Namespace, Trial, WebhookConfiguration } from '../installation.js';
import { labelsOfNamespace, matchesSelector } from '../selectors.js';
import { isMutating } from '../webhooks.js';
import { ask, type ReadingConnection } from './objects.js';

/** A namespace in which a pod should come back hardened. */
export function trialNamespaceOf(
  namespaces: readonly Namespace[],
  configurations: readonly WebhookConfiguration[],
): string | undefined {
  const selectors = configurations
    .filter(isMutating)
    .flatMap(({ webhooks = [] }) => webhooks.map(({ namespaceSelector }) => namespaceSelector));
  return namespaces.find(({ metadata }) => {
    const { name = '', labels = {} } = metadata ?? {};
    return (
      labels[labelKeys.mode] === 'enforce' &&
      selectors.some((selector) => matchesSelector(labelsOfNamespace(name, labels), selector))
    );
  })?.metadata?.name;
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'podtemper-doctor-' },
  spec: { containers: [{ name: 'app', image: 'podtemper.invalid/doctor' }] },
};

/** Creates a pod by dry run: the API server calls all that it would call, and stores nothing. */
export async function tryPod(connection: ReadingConnection, namespace: string): Promise<Trial> {
  try {
    const created = await ask<V1Pod>(connection, `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
    const isHardened = created.metadata?.annotations?.[annotationKeys.hardened] !== undefined;
    return { namespace, isHardened, refusal: undefined };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { namespace, isHardened: false, refusal: error.message };
  }
}
