import * as z from 'zod';
import type { Pod, PodSpec } from '../kubernetes.js';
import { change, keep, skip } from './kit/decision.js';
import { definePodControl } from './kit/define.js';
import { labelValue, nodeLabelKey } from './kit/labels.js';
import { isSameAffinity, nodeAffinity, type RequiredNodes } from './kit/nodeAffinity.js';
import { isSameToleration, mayMeetOneTaint, type Toleration, toleration } from './kit/tolerations.js';
import { isWhitelisted } from './kit/tolerationsWhitelist.js';
import { kindOfSpread, spreadConstraints, spreadFor } from './kit/topologySpread.js';

const optionsSchema = z.strictObject({
  nodeSelector: z
    .record(nodeLabelKey, labelValue)
    .default({})
    .describe('Labels of the nodes that pods may run on'),
  nodeAffinity: nodeAffinity.optional().describe('Required node affinity, in the words of the API'),
  tolerations: z.array(toleration).default([]).describe('Taints that pods tolerate'),
  topologySpreadConstraints: spreadConstraints
    .default([])
    .describe('How pods are spread; the label selector is made of the labels of the pod'),
});
type Options = z.output<typeof optionsSchema>;

/** Keeps the pods of a namespace on the nodes that the policy gives to it. */
export const scheduling = definePodControl({
  id: 'scheduling',
  level: 'extra',
  os: 'any',
  defaultMode: 'off',
  docs: {
    summary:
      'Adds the node selector, the node affinity, the tolerations and the topology spread of the policy where the pod has ' +
      'none of its own that disagree.',
    why: 'Workloads that must not share a node stay apart, and the replicas of one do not fall with one node.',
    mayBreak:
      'Pods that find no node stay Pending. Clusters with a whitelist for node selectors or tolerations (the admission ' +
      'plugins PodNodeSelector and PodTolerationRestriction) refuse what is not in it; that of a namespace is heeded.',
    remedy: 'nodeSelector: <labels of its own>',
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/',
  },
  writes: [
    'nodeSelector',
    'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution',
    'tolerations',
    'topologySpreadConstraints',
  ],
  skips: {
    notNeeded: 'the policy names no nodes, tolerations or spread for it',
    nodeName: 'the pod names its node, and the kubelet refuses it where the two disagree',
    daemonSet: 'a DaemonSet chooses the nodes of its pods',
    otherNodeSelector: 'its own node selector asks for other nodes',
    ownNodeAffinity: 'it requires nodes by affinity itself, and both together may leave none',
    tolerationsWhitelist:
      'the namespace lists the tolerations that its pods may have, and one is not among them',
  },
  notes: {
    ownToleration: 'a toleration of its own for the same taint stays as it is',
    ownSpread: 'its own topology spread constraints stay, and none is added',
    noSpreadLabels: 'a topology spread constraint is left out where the pod has none of its labels',
  },
  options: optionsSchema,
  harden(pod, context, options) {
    const spread = missingSpread(context.pod, options);
    if (isEmpty(options) && spread.wanted === 0) return skip('notNeeded');
    const placed = whoPlaces(context.pod) ?? nodeConflict(pod, options);
    if (placed !== undefined) return skip(placed.reason, placed.detail);
    const tolerations = missingTolerations(pod, options);
    const unlisted = tolerations.missing.find((one) => !isWhitelisted(one, context.facts));
    if (unlisted !== undefined) return skip('tolerationsWhitelist', unlisted.key);
    const set = {
      ...missingSelector(pod, options),
      ...missingAffinity(pod, options),
      ...(tolerations.missing.length > 0 && { tolerations: tolerations.missing }),
      ...(spread.missing.length > 0 && { topologySpreadConstraints: spread.missing }),
    };
    const notes = [...tolerations.notes, ...spread.notes];
    if (Object.keys(set).length === 0) return keep(...notes);
    return change<PodSpec, (typeof notes)[number]>(set, notes.length > 0 ? { notes } : undefined);
  },
});

/** Whether the policy has nothing but topology spread. */
function isEmpty({ nodeSelector, nodeAffinity: affinity, tolerations }: Options): boolean {
  return Object.keys(nodeSelector).length === 0 && affinity === undefined && tolerations.length === 0;
}

interface Obstacle {
  readonly reason: 'daemonSet' | 'nodeName' | 'otherNodeSelector' | 'ownNodeAffinity';
  readonly detail?: string;
}

/** Who has chosen the node already, where somebody has. */
function whoPlaces({ metadata, spec: { nodeName } }: Pod): Obstacle | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind === 'DaemonSet') return { reason: 'daemonSet' };
  return nodeName ? { reason: 'nodeName', detail: nodeName } : undefined;
}

/** Why the nodes that the pod asks for and those of the policy may have none in common. */
function nodeConflict(pod: PodSpec, options: Options): Obstacle | undefined {
  const own = pod.nodeSelector ?? {};
  const other = Object.entries(options.nodeSelector).find(
    ([key, value]) => own[key] != null && own[key] !== value,
  );
  if (other !== undefined) return { reason: 'otherNodeSelector', detail: other[0] };
  const required = requiredOf(pod.affinity);
  const wanted = options.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return selectorConflict(own, wanted);
  const isDone = missingSelector(pod, options).nodeSelector === undefined;
  const isSame = wanted === undefined || isSameAffinity(required, wanted);
  return isDone && isSame ? undefined : { reason: 'ownNodeAffinity' };
}

function requiredOf(affinity: PodSpec['affinity']): RequiredNodes | undefined {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? undefined;
}

/** The first label that both the pod's node selector and the policy's node affinity are about. */
function selectorConflict(
  own: Readonly<Record<string, string>>,
  wanted: RequiredNodes | undefined,
): Obstacle | undefined {
  const requirements = wanted?.nodeSelectorTerms.flatMap(({ matchExpressions }) => matchExpressions ?? []);
  const both = requirements?.find(({ key }) => own[key] != null);
  return both === undefined ? undefined : { reason: 'otherNodeSelector', detail: both.key };
}

function missingSelector({ nodeSelector }: PodSpec, options: Options): Pick<PodSpec, 'nodeSelector'> {
  const missing = Object.entries(options.nodeSelector).filter(([key]) => nodeSelector?.[key] == null);
  return missing.length === 0 ? {} : { nodeSelector: Object.fromEntries(missing) };
}

function missingAffinity({ affinity }: PodSpec, options: Options): Pick<PodSpec, 'affinity'> {
  if (options.nodeAffinity === undefined || requiredOf(affinity) !== undefined) return {};
  return { affinity: { nodeAffinity: options.nodeAffinity } };
}

/** Those for taints that no toleration of the pod's own is about. */
function missingTolerations({ tolerations }: PodSpec, options: Options) {
  const missing: Toleration[] = [];
  const notes = new Set<'ownToleration'>();
  for (const wanted of options.tolerations) {
    const own = tolerations?.filter((one) => mayMeetOneTaint(one, wanted)) ?? [];
    if (own.length === 0) missing.push(wanted);
    else if (!own.some((one) => isSameToleration(one, wanted))) notes.add('ownToleration');
  }
  return { missing, notes: [...notes] };
}

/** The constraints of the policy for the labels that the pod has, where it has no constraints of its own. */
function missingSpread({ metadata, spec }: Pod, options: Options) {
  const constraints = options.topologySpreadConstraints.flatMap(
    (constraint) => spreadFor(constraint, metadata?.labels) ?? [],
  );
  const own = spec.topologySpreadConstraints ?? [];
  const present = new Set(own.map(kindOfSpread));
  const isThere = constraints.every((constraint) => present.has(kindOfSpread(constraint)));
  const isWhole = constraints.length === options.topologySpreadConstraints.length;
  return {
    wanted: constraints.length,
    missing: own.length === 0 ? constraints : [],
    notes: [
      ...(own.length === 0 || isThere ? [] : ['ownSpread' as const]),
      ...(isWhole ? [] : ['noSpreadLabels' as const]),
    ],
  };
}
