import fc, { type Arbitrary } from 'fast-check';
import type { Container, NamespaceFacts, Pod } from '../../src/kubernetes.js';
import { rawMetadata } from './annotations.js';
import { type Fields, fields, maybe, optional, pick, present, someOf } from './arbitraries.js';
import { podResources, podSecurityContext, rawContainer } from './containers.js';
import { factsThatAccept, rawFacts } from './namespaces.js';
import { repairPod, resolveMounts, withContainers } from './repair.js';
import { asCreated } from './serverDefaults.js';
import { sin, withSin } from './sins.js';
import { omit } from './trees.js';
import { rawVolumes } from './volumes.js';

const regularNames = ['app', 'web-1', 'y'.repeat(63)];
const initNames = ['setup', 'proxy', 'z'.repeat(63)];

const osLabels = pick('kubernetes.io/os', 'beta.kubernetes.io/os');
const expression = (key: string, values: string[]) => ({
  matchExpressions: [{ key, operator: 'In', values }],
});
const requiring = (...terms: object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  },
});

/** What says on which system a pod runs; `windows: false` takes the Windows options out of it. */
const platform = fc.oneof(
  { weight: 120, arbitrary: fc.constant({ windows: false, set: {} }) },
  { weight: 6, arbitrary: fc.constant({ windows: false, set: { os: { name: 'linux' } } }) },
  { weight: 8, arbitrary: fc.constant({ windows: true, set: { os: { name: 'windows' } } }) },
  {
    weight: 4,
    arbitrary: osLabels.map((key) => ({ windows: true, set: { nodeSelector: { [key]: 'windows' } } })),
  },
  {
    weight: 4,
    arbitrary: osLabels.map((key) => ({ windows: true, set: requiring(expression(key, ['windows'])) })),
  },
  {
    weight: 6,
    arbitrary: pick(expression('disk', ['ssd']), expression('example.com/pool', ['shop', 'spare'])).map(
      (term) => ({ windows: false, set: requiring(term) }),
    ),
  },
  {
    weight: 3,
    arbitrary: osLabels.map((key) => ({
      windows: false,
      set: requiring(expression(key, ['windows']), expression(key, ['linux'])),
    })),
  },
  { weight: 3, arbitrary: fc.constant({ windows: true, set: {} }) },
  { weight: 3, arbitrary: fc.constant({ windows: true, set: { hostNetwork: true }, hostProcess: true }) },
);

const tolerations = someOf<Fields>(
  40,
  fc.constant({ key: 'spot', operator: 'Exists' }),
  pick<Fields>(
    { key: 'example.com/pool', value: 'shop', effect: 'NoSchedule' },
    { key: 'example.com/pool', value: 'bank', effect: 'NoExecute', tolerationSeconds: 600 },
    { operator: 'Exists' },
  ),
);

const spread = pick<Fields>(
  { topologyKey: 'rack', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 2, whenUnsatisfiable: 'ScheduleAnyway' },
).map((constraint) => [{ ...constraint, labelSelector: { matchLabels: { app: 'x' } } }]);

const rawSpec = fields({
  nodeSelector: maybe(
    12,
    pick<Fields>({ disk: 'hdd' }, { 'example.com/pool': 'shop' }, { 'example.com/pool': 'bank' }, {}),
  ),
  tolerations: maybe(15, tolerations),
  topologySpreadConstraints: maybe(8, spread),
  nodeName: optional(5, pick('node-1', 'node-1', '')),
  runtimeClassName: optional(3, pick('kata')),
  serviceAccountName: optional(20, pick('default', 'operator')),
  volumes: maybe(70, rawVolumes),
  securityContext: maybe(60, podSecurityContext),
  resources: maybe(14, podResources),
  hostNetwork: maybe(20, fc.boolean()),
  hostPID: maybe(4, fc.boolean()),
  hostIPC: maybe(3, fc.boolean()),
  hostUsers: maybe(20, pick(true, false, false)),
  automountServiceAccountToken: maybe(20, fc.boolean()),
  restartPolicy: optional(15, pick('Always', 'Never', 'OnFailure')),
  activeDeadlineSeconds: optional(12, pick(60, 600)),
  shareProcessNamespace: maybe(3, fc.boolean()),
  futureField: maybe(4, fc.constant({ x: [{ y: 'z' }], 'k/~': 1 })),
});

/** A container, and whether and when it starts again: with `Always` an init container is a sidecar. */
const initContainer = fc.tuple(rawContainer, optional(35, fc.constant('Always')));
const regularContainer = fc.tuple(rawContainer, optional(5, pick('Never', 'Always', 'OnFailure')));

const ephemeral = { name: 'debugger', image: 'busybox', securityContext: { runAsUser: 0 } };

const parts = fc.record({
  metadata: maybe(85, rawMetadata),
  spec: rawSpec,
  platform,
  containers: fc.array(regularContainer, { minLength: 1, maxLength: regularNames.length }),
  initContainers: fc.array(initContainer, { maxLength: initNames.length }),
  emptyLists: fc.boolean(),
  ephemeralContainers: optional(2, fc.constant([ephemeral])),
  sin,
});
type Parts = typeof parts extends Arbitrary<infer Drawn> ? Drawn : never;

/** Pods as people write them, before the API server has seen them; nearly all of them it would accept. */
export const rawPod: Arbitrary<Pod> = parts.map(joinParts);

function joinParts({
  metadata,
  spec,
  platform: system,
  emptyLists,
  ephemeralContainers,
  sin: drawnSin,
  ...lists
}: Parts): Pod {
  const raw = {
    metadata,
    spec: present({
      ...spec,
      ...system.set,
      initContainers:
        lists.initContainers.length > 0 || emptyLists ? named(lists.initContainers, initNames) : undefined,
      containers: named(lists.containers, regularNames),
      ephemeralContainers,
      // No mirror pod is taken without.
      ...(isMirror(metadata) && { nodeName: 'node-1' }),
    }),
  };
  // It makes on purpose what the client's types forbid: nulls, numbers as quantities, fields of the future.
  const pod = present(raw) as unknown as Pod;
  return repairPod(settle(system, withSin(pod, drawnSin)));
}

function isMirror(metadata: unknown): boolean {
  const { annotations } = (metadata ?? {}) as { readonly annotations?: Fields | null };
  return annotations != null && 'kubernetes.io/config.mirror' in annotations;
}

function named(drawn: readonly [Fields, string | undefined][], names: readonly string[]): Fields[] {
  return drawn.map(([container, restartPolicy], index) =>
    present(Object.assign({ name: names[index] }, container, { restartPolicy })),
  );
}

/** Resolves mounts to volumes and lets the platform decide on Windows options. */
function settle(system: { readonly windows: boolean; readonly hostProcess?: boolean }, pod: Pod): Pod {
  const names = pod.spec.volumes?.map(({ name }) => name) ?? [];
  const mounted = withContainers(pod, (container) => resolveMounts(container, names));
  if (!system.windows) return withoutWindowsOptions(mounted);
  const context = mounted.spec.securityContext;
  const isHostProcess = system.hostProcess === true;
  const own =
    context?.windowsOptions?.runAsUserName ?? (isHostProcess ? String.raw`NT AUTHORITY\SYSTEM` : undefined);
  const windowsOptions = {
    ...(own !== undefined && { runAsUserName: own }),
    ...(isHostProcess && { hostProcess: true }),
  };
  return { ...mounted, spec: { ...mounted.spec, securityContext: { ...context, windowsOptions } } };
}

function withoutWindowsOptions(pod: Pod): Pod {
  const strip = <H extends { readonly securityContext?: object }>(holder: H): H =>
    holder.securityContext == null
      ? holder
      : { ...holder, securityContext: omit(holder.securityContext, 'windowsOptions') };
  return withContainers({ ...pod, spec: strip(pod.spec) }, strip);
}

/** The volume that another webhook brings along for its container. */
export const visitorVolume = 'visitor';

/** A container that another webhook puts into a pod, with mounts of its own volume; without resources, which would
 *  depend on the other containers, and Windows options. */
export const visitorArbitrary: Arbitrary<Container> = rawContainer.map((raw: Fields) => {
  const container = omit({ name: 'visitor', ...raw }, 'resources') as unknown as Container;
  const mounted = resolveMounts(container, [visitorVolume]);
  const whole = repairPod(withoutWindowsOptions({ spec: { containers: [mounted] } }));
  return whole.spec.containers[0] ?? mounted;
});

/** A pod and the namespace it is made in, which nearly always takes it: in two of three cases as the API server sends it at CREATE, else raw. */
export const podInNamespace: Arbitrary<{ pod: Pod; facts: NamespaceFacts; created: boolean }> = fc
  .record({ pod: rawPod, facts: rawFacts, created: pick(false, true, true), fits: optional(14, pick(false)) })
  .map(({ pod, facts, created, fits = true }) => {
    const fitting = fits ? factsThatAccept(pod, facts) : facts;
    return { pod: created ? asCreated(pod, fitting) : pod, facts: fitting, created };
  });
