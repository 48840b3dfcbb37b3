import { defineCheck, type Fault } from '../finding.js';
import type { Deployment } from '../installation.js';

type Code = 'deploymentMissing' | 'noneAvailable' | 'fewAvailable';

/** Whether as many replicas are ready as there should be. */
export const replicas = defineCheck<Code>({
  id: 'replicas',
  looksAt: 'the replicas of the Deployment that are ready',
  faults: {
    deploymentMissing: { severity: 'error', means: 'nothing runs podtemper' },
    noneAvailable: { severity: 'error', means: 'nobody answers the API server' },
    fewAvailable: { severity: 'warning', means: 'one replica less stands between an eviction and an outage' },
  },
  examine({ name, namespace, deployment: reading }) {
    if (reading.kind === 'unread' || namespace === '') return [];
    const where = `Deployment ${namespace}/${name}`;
    if (reading.kind === 'missing') {
      const advice =
        'install the chart again (helm upgrade), or remove what is left of it (docs/operations.md)';
      return [{ code: 'deploymentMissing', where, expected: 'it to be there', found: 'none', advice }];
    }
    return availabilityFaults(reading.value, namespace);
  },
});

function availabilityFaults({ spec, status, metadata }: Deployment, namespace: string): Fault<Code>[] {
  const wanted = spec?.replicas ?? 1;
  const available = status?.availableReplicas ?? 0;
  if (available >= wanted && available > 0) return [];
  const advice =
    wanted === 0
      ? `kubectl -n ${namespace} scale deployment ${metadata?.name} --replicas=2`
      : `see why: kubectl -n ${namespace} get pods, describe pod, logs; /readyz of a pod says which part is not ok`;
  return [
    {
      code: available === 0 ? 'noneAvailable' : 'fewAvailable',
      where: `Deployment ${namespace}/${metadata?.name}`,
      expected: wanted === 0 ? 'one replica at least' : 'all replicas to be available',
      found: `${available} of ${wanted}`,
      advice,
    },
  ];
}
