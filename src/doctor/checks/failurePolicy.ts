import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';
import { failsClosed, webhooksOf } from '../webhooks.js';

/** Whether a webhook that must answer is there often enough. */
export const failurePolicy = defineCheck({
  id: 'failurePolicy',
  looksAt: 'failurePolicy Fail against the number of replicas',
  faults: {
    failsWithOneReplica: {
      severity: 'warning',
      means:
        'no pod can be created in the namespaces that opted in whenever that one replica is replaced or lost',
    },
  },
  examine(installation) {
    const deployment = valueOf(installation.deployment);
    const replicas = deployment?.spec?.replicas ?? 1;
    if (deployment === undefined || replicas !== 1) return [];
    const strict = webhooksOf(installation).find(({ webhook }) => failsClosed(webhook));
    if (strict === undefined) return [];
    return [
      {
        code: 'failsWithOneReplica',
        where: `${strict.where}: failurePolicy`,
        expected: 'Ignore, or two replicas at least',
        found: 'Fail, and 1 replica',
        advice: `kubectl -n ${installation.namespace} scale deployment ${deployment.metadata?.name} --replicas=2; in the chart, replicas`,
      },
    ];
  },
});
