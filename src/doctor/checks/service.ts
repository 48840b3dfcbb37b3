import { containerOf, podLabelsOf } from '../deployed.js';
import { defineCheck, type Fault } from '../finding.js';
import type { Installation, Service } from '../installation.js';
import { valueOf } from '../reading.js';
import { matchesSelector } from '../selectors.js';
import { webhooksOf } from '../webhooks.js';

/** Whether the Service that the API server calls leads to the pods. */
export const service = defineCheck({
  id: 'service',
  looksAt:
    'the Service that the webhooks name: its port, and its selector against the pods of the Deployment',
  faults: {
    serviceMissing: { severity: 'error', means: 'the API server has nobody to call' },
    portMissing: { severity: 'error', means: 'the API server cannot call podtemper' },
    selectsNothing: { severity: 'error', means: 'the Service leads nowhere' },
  },
  examine(installation) {
    const { namespace, service: reading } = installation;
    const reference = webhooksOf(installation).find(
      ({ webhook }) => webhook.clientConfig.service !== undefined,
    );
    const name = reference?.webhook.clientConfig.service?.name;
    if (reference === undefined || name === undefined) return [];
    if (reading.kind === 'missing') {
      return [
        {
          code: 'serviceMissing',
          where: `Service ${namespace}/${name}`,
          expected: `it to be there: ${reference.where} names it`,
          found: 'none',
          advice: 'install the chart again (helm upgrade), or set the name in clientConfig.service right',
        },
      ];
    }
    const value = valueOf(reading);
    return value === undefined
      ? []
      : [...portFaults(value, installation), ...selectorFaults(value, installation)];
  },
});

function portFaults({ metadata, spec }: Service, installation: Installation): Fault<'portMissing'>[] {
  const ports = spec?.ports ?? [];
  const names = targetNames(installation);
  const wanted = webhooksOf(installation).map(({ webhook }) => webhook.clientConfig.service?.port ?? 443);
  const advice = 'install the chart again (helm upgrade), which writes the ports anew';
  const fault = (expected: string, found: string): Fault<'portMissing'> => ({
    code: 'portMissing',
    where: `Service ${installation.namespace}/${metadata?.name}: ports`,
    expected,
    found,
    advice,
  });
  return [...new Set(wanted)].flatMap((number) => {
    const port = ports.find((one) => one.port === number);
    const offered = ports.map((one) => one.port).join(', ') || 'none';
    if (port === undefined) return [fault(`port ${number}, which the API server calls`, offered)];
    const { targetPort } = port;
    if (typeof targetPort !== 'string' || names === undefined || names.includes(targetPort)) return [];
    return [fault(`a targetPort that the container has: ${names.join(', ')}`, targetPort)];
  });
}

/** Names of the container's ports; undefined where it is not known. */
function targetNames({ deployment }: Installation) {
  const value = valueOf(deployment);
  return value === undefined ? undefined : containerOf(value)?.ports?.map(({ name }) => name);
}

function selectorFaults({ metadata, spec }: Service, { namespace, deployment: reading }: Installation) {
  const deployment = valueOf(reading);
  if (
    deployment === undefined ||
    matchesSelector(podLabelsOf(deployment), { matchLabels: spec?.selector ?? {} })
  )
    return [];
  return [
    {
      code: 'selectsNothing' as const,
      where: `Service ${namespace}/${metadata?.name}: selector`,
      expected: `labels that the pods of Deployment ${deployment.metadata?.name} have: ${spell(podLabelsOf(deployment))}`,
      found: spell(spec?.selector ?? {}),
      advice: 'install the chart again (helm upgrade), or set the selector right',
    },
  ];
}

function spell(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
