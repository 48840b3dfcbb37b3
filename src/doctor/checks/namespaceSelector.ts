import { labelKeys } from '../../kubernetes.js';
import { defineCheck } from '../finding.js';
import type { Installation } from '../installation.js';
import { labelsOfNamespace, matchesSelector } from '../selectors.js';
import { failsClosed, type PlacedWebhook, webhooksOf } from '../webhooks.js';

/** Whether the webhook can stop its own pods, or those that a cluster needs in order to start. */
export const namespaceSelector = defineCheck({
  id: 'namespaceSelector',
  looksAt:
    'whom the webhook is called for: never for its own pods or those of the system, and only for who opted in',
  faults: {
    locksOutItself: {
      severity: 'error',
      means: 'once no replica runs none can be created, and with them no pod of any namespace that opted in',
    },
    locksOutSystem: {
      severity: 'error',
      means: 'after a cold start the cluster may wait for podtemper, and podtemper for the cluster',
    },
    calledForAll: {
      severity: 'warning',
      means: 'each pod of the cluster waits for podtemper, also where nobody opted in',
    },
  },
  examine: (installation) => [
    ...webhooksOf(installation).flatMap((placed) => lockOuts(placed, installation)),
    ...webhooksOf(installation).filter(isCalledForAll).map(calledForAll),
  ],
});

type Labels = Readonly<Record<string, string>>;

function isCalledFor({ webhook }: PlacedWebhook, namespace: string, labels: Labels): boolean {
  return matchesSelector(labelsOfNamespace(namespace, labels), webhook.namespaceSelector);
}

function isCalledForAll(placed: PlacedWebhook): boolean {
  return isCalledFor(placed, 'anybody', {});
}

function lockOuts(placed: PlacedWebhook, { namespace }: Installation) {
  if (!failsClosed(placed.webhook)) return [];
  const vital = [
    { code: 'locksOutItself' as const, name: namespace, is: 'its own' },
    { code: 'locksOutSystem' as const, name: 'kube-system', is: "the system's" },
  ];
  // Whoever labels such a namespace by mistake must not lock the cluster out.
  const optedIn = { [labelKeys.mode]: 'enforce' };
  return vital
    .filter(({ name }) => name !== '' && isCalledFor(placed, name, optedIn))
    .map(({ code, name, is }) => ({
      code,
      where: `${placed.where}: namespaceSelector`,
      expected: `namespace ${name}, ${is}, excluded, since failurePolicy is Fail`,
      found: `it is called for pods of ${name}`,
      advice: `exclude it: kubectl edit ${placed.object}; in the chart, webhook.excludedNamespaces`,
    }));
}

function calledForAll({ where, object }: PlacedWebhook) {
  return {
    code: 'calledForAll' as const,
    where: `${where}: namespaceSelector`,
    expected: `only namespaces with the label ${labelKeys.mode}`,
    found: 'namespaces without it too',
    advice: `add { key: ${labelKeys.mode}, operator: Exists } to it: kubectl edit ${object}`,
  };
}
