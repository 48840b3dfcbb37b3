import { containerOf } from '../deployed.js';
import { defineCheck, type Fault } from '../finding.js';
import type { Installation } from '../installation.js';
import { valueOf } from '../reading.js';

/** The oldest Kubernetes that the chart takes: 1.29. */
const oldestMinor = 29;

type Code = 'kubernetesTooOld' | 'mixedImages' | 'otherVersion';

/** Whether what runs, what was installed, what looks at it and the cluster belong together. */
export const versions = defineCheck<Code>({
  id: 'versions',
  looksAt: 'the versions of Kubernetes, of the installation, of each pod and of this program',
  faults: {
    kubernetesTooOld: { severity: 'error', means: 'what podtemper counts on may not be there' },
    mixedImages: { severity: 'warning', means: 'which of two versions hardens a pod is left to chance' },
    otherVersion: {
      severity: 'warning',
      means: 'what this program expects may not be what that version does',
    },
  },
  examine: (installation) => [
    ...clusterFaults(installation),
    ...imageFaults(installation),
    ...programFaults(installation),
  ],
});

function clusterFaults({ kubernetesVersion }: Installation): Fault<Code>[] {
  const found = valueOf(kubernetesVersion) ?? '';
  const minor = Number(/^v?1\.(\d+)/.exec(found)?.[1] ?? Number.NaN);
  if (!(minor < oldestMinor)) return [];
  const advice = 'upgrade the cluster, or use an older podtemper';
  const expected = `v1.${oldestMinor} or newer`;
  return [{ code: 'kubernetesTooOld', where: 'Kubernetes', expected, found, advice }];
}

function imageFaults({ deployment: reading, pods, namespace }: Installation): Fault<Code>[] {
  const deployment = valueOf(reading);
  if (deployment === undefined) return [];
  const wanted = containerOf(deployment)?.image;
  const images = (valueOf(pods) ?? []).map(({ spec }) => spec?.containers[0]?.image);
  const others = [...new Set(images.filter((image) => image !== wanted))];
  if (others.length === 0) return [];
  const name = deployment.metadata?.name;
  return [
    {
      code: 'mixedImages',
      where: `Deployment ${namespace}/${name}`,
      expected: `all of its pods to run ${wanted}`,
      found: others.join(', '),
      advice: `see what holds the rollout up: kubectl -n ${namespace} rollout status deployment ${name}`,
    },
  ];
}

function programFaults({ deployment: reading, version, namespace }: Installation): Fault<Code>[] {
  const deployment = valueOf(reading);
  const installed = deployment?.metadata?.labels?.['app.kubernetes.io/version'];
  if (installed === undefined || installed === version) return [];
  return [
    {
      code: 'otherVersion',
      where: `Deployment ${namespace}/${deployment?.metadata?.name}`,
      expected: `version ${version}, as this program`,
      found: installed,
      advice: 'use the doctor of that version, which is in its image, or upgrade the installation',
    },
  ];
}
