import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Fields } from '../admission/reviews.js';
import { reviewOf } from '../admission/reviews.js';
import { scenarioArbitrary } from '../laws/scenarios.js';
import { corpus as manifestCorpus } from '../preview/corpus.js';

const root = new URL('../../', import.meta.url);

function filesIn(folder: string): string[] {
  const url = new URL(folder, root);
  return readdirSync(url)
    .toSorted()
    .map((file) => readFileSync(new URL(file, url), 'utf8'));
}

/** What a real API server has sent (bench/record.ts). */
export const recordedReviews: readonly string[] = filesIn('bench/reviews/').map((text) => text.trim());

interface NastyPod extends Fields {
  readonly annotations?: unknown;
  readonly spec?: unknown;
}

/** The nasty pods of the tests in front of a real API server. */
export const nastyPods: readonly Fields[] = (
  parse(readFileSync(new URL('test/cluster/nastyPods.yaml', root), 'utf8'), {
    maxAliasCount: -1,
  }) as { pods: NastyPod[] }
).pods
  .filter(({ spec }) => spec !== undefined)
  .map(({ annotations, spec }) => podWith({ name: 'nasty', annotations }, spec));

/** A pod that sets about all that any control reads. */
export const richPod: Fields = podWith(
  {
    name: 'rich',
    generateName: 'rich-',
    namespace: 'shop',
    labels: { app: 'rich' },
    annotations: {
      'podtemper.io/opt-out': 'unprivilegedPorts,nothing',
      'podtemper.io/opt-out-reason': 'because',
      'podtemper.io/opt-out-until': '2030-01-31',
      'podtemper.io/writable-paths': '/var/cache/nginx,/a b,x',
      'podtemper.io/run-as-user': '101',
      'podtemper.io/hardened': 'default: capabilities',
      'podtemper.io/unknown': 'x',
      'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'b', controller: false }],
  },
  {
    os: { name: 'linux' },
    hostNetwork: false,
    hostPID: false,
    automountServiceAccountToken: true,
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['kubernetes.default', 'db'] }],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] },
          ],
        },
      },
    },
    securityContext: {
      sysctls: [{ name: 'net.core.somaxconn', value: '1' }],
      fsGroupChangePolicy: 'Always',
      supplementalGroups: [5],
    },
    volumes: [
      { name: 'podtemper-tmp', configMap: { name: 'x' } },
      { name: 'ours', emptyDir: { medium: '', sizeLimit: '1Gi' } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'c', readOnly: false } },
      {
        name: 'secret',
        secret: { secretName: 's', defaultMode: 256, items: [{ key: 'k', path: 'p', mode: 256 }] },
      },
      {
        name: 'projected',
        projected: { sources: [{ secret: { name: 's', items: [{ key: 'k', path: 'p' }] } }] },
      },
      { name: 'fields', downwardAPI: { items: [] } },
      { name: 'driver', csi: { driver: 'd', readOnly: true } },
      { name: 'own', ephemeral: { volumeClaimTemplate: {} } },
      { name: 'host', hostPath: { path: '/etc/', type: 'Directory' } },
      {
        name: 'token',
        projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'kubernetes.default' } }] },
      },
    ],
    initContainers: [{ name: 'setup', image: 'busybox', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'app',
        image: 'docker.io/library/nginx:1.27',
        command: ['sh', '-c'],
        args: ['service ssh start && exec nginx'],
        env: [{ name: 'API', value: 'https://kubernetes.default.svc' }],
        lifecycle: { postStart: { exec: { command: ['sshd', '-D'] } } },
        ports: [{ containerPort: 80 }, { containerPort: 22, hostPort: 22, protocol: 'TCP' }],
        resources: { requests: { cpu: '100m', memory: 64 }, limits: { cpu: 1 } },
        volumeMounts: [
          { name: 'claim', mountPath: '/data' },
          { name: 'secret', mountPath: '/var/run/secret' },
          { name: 'host', mountPath: '/host', subPath: 'ssl', readOnly: true },
        ],
        volumeDevices: [{ name: 'claim', devicePath: '/dev/x' }],
        securityContext: {
          runAsGroup: 5,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['MKNOD'] },
          seLinuxOptions: { level: 's0' },
        },
      },
      { name: 'plain', image: 'busybox' },
      { name: 'privileged', image: 'busybox', securityContext: { privileged: true } },
    ],
  },
);

function podWith(metadata: unknown, spec: unknown): Fields {
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}

/** The pod with the same containers, of which little is said. */
export function plainOf({ metadata: _, spec, ...pod }: Fields): Fields {
  const { containers } = spec as { containers: { name: string; image: string }[] };
  return { ...pod, spec: { containers: containers.map(({ name, image }) => ({ name, image })) } };
}

/** Pods as the laws draw them. */
export function drawnPods(seed: number, count: number): unknown[] {
  return fc.sample(scenarioArbitrary, { seed, numRuns: count }).map(({ pod }) => pod);
}

/** Any JSON, hostile keys and numbers among it. */
export function drawnJson(seed: number, count: number): string[] {
  return fc.sample(fc.json({ maxDepth: 5 }), { seed, numRuns: count });
}

/** Reviews and manifests to be spoilt. */
export interface Corpus {
  readonly reviews: readonly string[];
  readonly manifests: readonly string[];
  readonly json: readonly string[];
}

export function corpusOf(seed: number): Corpus {
  const pods = [richPod, ...nastyPods, ...drawnPods(seed, 300)];
  return {
    // Those that were recorded come as often as a pod that was drawn, though there are fewer.
    reviews: [
      ...pods.map((pod) => reviewOf(pod)),
      ...Array.from({ length: 5 }, () => recordedReviews).flat(),
    ],
    manifests: [
      ...manifestCorpus.map(({ text }) => text),
      ...pods.slice(0, 100).map((pod) => JSON.stringify(pod)),
    ],
    json: drawnJson(seed, 500),
  };
}
