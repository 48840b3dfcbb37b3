import { defineCheck } from '../finding.js';
import { mutatingWebhooksOf } from '../webhooks.js';

/** Whether the API server is told to call podtemper at all. */
export const registration = defineCheck({
  id: 'registration',
  looksAt:
    'the MutatingWebhookConfiguration: is it there, for new pods, with the path that podtemper answers',
  faults: {
    notRegistered: {
      severity: 'error',
      means: 'the API server does not call podtemper, and no pod is hardened',
    },
    notForPods: { severity: 'error', means: 'the API server does not call podtemper when a pod is created' },
    wrongPath: { severity: 'error', means: 'podtemper answers every review with 404' },
  },
  examine(installation) {
    const webhooks = mutatingWebhooksOf(installation);
    if (webhooks.length === 0) {
      return [
        {
          code: 'notRegistered',
          where: `MutatingWebhookConfiguration ${installation.name}`,
          expected: 'one with a webhook of podtemper',
          found: 'none',
          advice:
            'install the chart again (helm upgrade --install), or kubectl apply -f manifests/install.yaml',
        },
      ];
    }
    const isForPods = webhooks.some(({ webhook: { rules = [] } }) =>
      rules.some(
        ({ resources = [], operations = [], apiGroups = [] }) =>
          includes(resources, 'pods') && includes(operations, 'CREATE') && includes(apiGroups, ''),
      ),
    );
    const [first] = webhooks;
    return [
      ...(isForPods || first === undefined
        ? []
        : [
            {
              code: 'notForPods' as const,
              where: `${first.where}: rules`,
              expected: 'CREATE of pods, of the core group',
              found: JSON.stringify(first.webhook.rules ?? []),
              advice: 'install the chart again (helm upgrade), which writes the rules anew',
            },
          ]),
      ...webhooks.flatMap(({ where, webhook, object }) => {
        const path = webhook.clientConfig.service?.path ?? pathOf(webhook.clientConfig.url);
        if (path === '/mutate') return [];
        return [
          {
            code: 'wrongPath' as const,
            where: `${where}: path`,
            expected: '/mutate',
            found: path ?? 'none',
            advice: `kubectl edit ${object}, or install the chart again`,
          },
        ];
      }),
    ];
  },
});

function includes(values: readonly string[], value: string): boolean {
  return values.includes(value) || values.includes('*') || values.includes(`${value}/*`);
}

function pathOf(url: string | undefined): string | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : new URL(url).pathname;
}
