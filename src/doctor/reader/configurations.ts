import { ClusterError, messageOf, UsageError } from '../../errors.js';
import type { WebhookConfiguration } from '../installation.js';
import { listObjects, type ReadingConnection } from './objects.js';

const kinds = [
  ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'],
  ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'],
] as const;

/** Suffix of the names of podtemper's webhooks. */
const webhookSuffix = '.podtemper.io';

/** The webhook configurations of one installation, the mutating one first: those of that name, or else the only ones
 *  with webhooks of podtemper; none where there are none.
 *  @throws UsageError where there are several installations; ClusterError where they may not be listed */
export async function findConfigurations(
  connection: ReadingConnection,
  configuration: string | undefined,
): Promise<WebhookConfiguration[]> {
  const all: WebhookConfiguration[] = [];
  for (const [kind, resource] of kinds) {
    const path = `/apis/admissionregistration.k8s.io/v1/${resource}`;
    // The items of a list do not say of what kind they are.
    for (const item of await listAll(connection, path)) all.push({ ...item, kind });
  }
  const own = all.filter(({ metadata, webhooks = [] }) =>
    configuration === undefined
      ? webhooks.some(({ name }) => name.endsWith(webhookSuffix))
      : metadata?.name === configuration,
  );
  const names = [...new Set(own.map(({ metadata }) => metadata?.name ?? ''))];
  if (names.length <= 1) return own;
  throw new UsageError({
    where: '--webhook-configuration',
    expected: 'the name of one installation',
    found: `none, and there are ${names.join(', ')}`,
    advice: 'name the one that is meant',
  });
}

/** @throws ClusterError: without its registrations nothing can be said of an installation */
async function listAll(connection: ReadingConnection, path: string): Promise<WebhookConfiguration[]> {
  try {
    return await listObjects<WebhookConfiguration>(connection, path);
  } catch (cause) {
    const complaint = { where: path, expected: 'to be allowed to list them', found: messageOf(cause) };
    throw new ClusterError({ ...complaint, advice: 'ask as a cluster administrator' }, undefined, { cause });
  }
}
