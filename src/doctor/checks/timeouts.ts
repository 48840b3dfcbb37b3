import { argumentOf } from '../deployed.js';
import { defineCheck } from '../finding.js';
import type { Deployment } from '../installation.js';
import { valueOf } from '../reading.js';
import { webhooksOf } from '../webhooks.js';

/** Longest that a pod should wait for a webhook, in seconds: the API server's own client gives up after some 30. */
const longestTimeoutSeconds = 10;

/** Whether what waits for podtemper waits long enough, and not too long. */
export const timeouts = defineCheck({
  id: 'timeouts',
  looksAt: "timeoutSeconds of the webhooks, and the pods' time to end",
  faults: {
    longTimeout: {
      severity: 'warning',
      means: 'while podtemper does not answer, each new pod waits that long, and controllers stall',
    },
    shortGrace: {
      severity: 'warning',
      means: 'the kubelet kills a replica that is still answering reviews',
    },
  },
  examine(installation) {
    const deployment = valueOf(installation.deployment);
    return [
      ...webhooksOf(installation).flatMap(({ webhook: { timeoutSeconds = 10 }, where, object }) =>
        timeoutSeconds <= longestTimeoutSeconds
          ? []
          : [
              {
                code: 'longTimeout' as const,
                where: `${where}: timeoutSeconds`,
                expected: `${longestTimeoutSeconds} at most; podtemper answers within milliseconds`,
                found: String(timeoutSeconds),
                advice: `kubectl edit ${object}; in the chart, webhook.timeoutSeconds`,
              },
            ],
      ),
      ...(deployment === undefined ? [] : graceFaults(deployment)),
    ];
  },
});

function graceFaults(deployment: Deployment) {
  const grace = deployment.spec?.template.spec?.terminationGracePeriodSeconds ?? 30;
  const delay = Number(argumentOf(deployment, '--drain-delay') ?? 5);
  const deadline = Number(argumentOf(deployment, '--drain-deadline') ?? 20);
  if (grace >= delay + deadline) return [];
  return [
    {
      code: 'shortGrace' as const,
      where: `Deployment ${deployment.metadata?.name}: terminationGracePeriodSeconds`,
      expected: `${delay + deadline} at least: --drain-delay and --drain-deadline together`,
      found: String(grace),
      advice: 'raise it; in the chart, terminationGracePeriodSeconds',
    },
  ];
}
