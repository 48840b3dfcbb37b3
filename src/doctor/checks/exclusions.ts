import { labelKeys } from '../../kubernetes.js';
import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';
import { labelsOfNamespace, matchesSelector } from '../selectors.js';
import { mutatingWebhooksOf } from '../webhooks.js';

/** Whether a namespace opted in for which podtemper is never called. */
export const exclusions = defineCheck({
  id: 'exclusions',
  looksAt: 'namespaces that opted in although the configuration excludes them',
  faults: {
    excludedNamespace: {
      severity: 'warning',
      means: 'none of its pods is ever hardened, whatever the label says',
    },
  },
  examine(installation) {
    const webhooks = mutatingWebhooksOf(installation);
    if (webhooks.length === 0) return [];
    return (valueOf(installation.namespaces) ?? []).flatMap(({ metadata }) => {
      const { name = '', labels = {} } = metadata ?? {};
      const isCalledFor = webhooks.some(({ webhook }) =>
        matchesSelector(labelsOfNamespace(name, labels), webhook.namespaceSelector),
      );
      if (labels[labelKeys.mode] === undefined || isCalledFor) return [];
      return [
        {
          code: 'excludedNamespace' as const,
          where: `Namespace ${name}`,
          expected: `no label ${labelKeys.mode}: the webhook is never called for this namespace`,
          found: `${labelKeys.mode}=${labels[labelKeys.mode]}`,
          advice: `kubectl label namespace ${name} ${labelKeys.mode}-; the chart excludes its own namespace and webhook.excludedNamespaces`,
        },
      ];
    });
  },
});
