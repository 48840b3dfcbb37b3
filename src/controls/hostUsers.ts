import * as z from 'zod';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import type { Context } from './kit/context.js';
import { constantChange, keep, skip } from './kit/decision.js';
import { definePodControl } from './kit/define.js';
import { isPrivileged } from './kit/security.js';
import { allContainers, injectedUser } from './kit/user.js';

/** Makes root in the container an unprivileged user of the node. */
export const hostUsers = definePodControl({
  id: 'hostUsers',
  level: 'extra',
  os: 'linux',
  defaultMode: 'off',
  docs: {
    summary: 'Sets hostUsers to false, so that the pod has a user namespace of its own.',
    why: 'A process that breaks out of its container is nobody on the node, and has no capability there.',
    mayBreak:
      'Every pod on a node that cannot do it: it takes Linux 6.3, containerd 2.0 or CRI-O 1.25, and file systems with ' +
      'ID-mapped mounts. Capabilities hold inside of the pod only.',
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/',
  },
  writes: ['hostUsers'],
  skips: {
    explicitlyTrue: 'the pod asks for the users of the node itself',
    hostNamespace: 'the API server rejects false with a namespace of the node',
    blockDevice: 'the API server rejects false with a block device',
    privilegedContainer:
      'a privileged container means the node, and in a user namespace it has no power over it',
    runtimeClass: 'its RuntimeClass may have no user namespaces, and the kubelet would not start it',
    volumeKind: 'a volume may lie on a file system without ID-mapped mounts, and the pod would not start',
    highId:
      'a user or group ID above 65535 has no counterpart in a user namespace, and the pod would not start',
  },
  notes: {
    fileSystem: 'a volume must lie on a file system with ID-mapped mounts, which NFS is not',
    capabilitiesInside: 'the capabilities that its containers add hold inside of the pod only',
  },
  options: z.strictObject({}),
  harden(pod, context) {
    if (pod.hostUsers === false) return keep();
    if (pod.hostUsers === true) return skip('explicitlyTrue');
    const namespace = (['hostNetwork', 'hostPID', 'hostIPC'] as const).find((field) => pod[field] === true);
    if (namespace !== undefined) return skip('hostNamespace', namespace);
    const containers = allContainers(pod);
    const device = containers.find(({ volumeDevices }) => volumeDevices != null && volumeDevices.length > 0);
    if (device !== undefined) return skip('blockDevice', device.name);
    const powerful = containers.find(({ securityContext }) => isPrivileged(securityContext));
    if (powerful !== undefined) return skip('privilegedContainer', powerful.name);
    if (pod.runtimeClassName != null) return skip('runtimeClass', pod.runtimeClassName);
    const unmappable = pod.volumes?.find((volume) => fitOf(volume) === 'never');
    if (unmappable !== undefined) return skip('volumeKind', unmappable.name);
    const id = idsOf(pod, context).find((one) => one != null && one > largestId);
    if (id !== undefined) return skip('highId', String(id));
    const isUnsure = pod.volumes?.some((volume) => fitOf(volume) === 'perhaps') ?? false;
    return changes[isUnsure ? 'unsure' : 'sure'][containers.some(addsAny) ? 'capable' : 'plain'];
  },
});

const set = { hostUsers: false };
const changes = {
  sure: {
    plain: constantChange<PodSpec>(set),
    capable: constantChange<PodSpec, 'capabilitiesInside'>(set, { notes: ['capabilitiesInside'] }),
  },
  unsure: {
    plain: constantChange<PodSpec, 'fileSystem'>(set, { notes: ['fileSystem'] }),
    capable: constantChange<PodSpec, 'fileSystem' | 'capabilitiesInside'>(set, {
      notes: ['fileSystem', 'capabilitiesInside'],
    }),
  },
};

/** The kubelet maps the IDs from 0 to this one, unless it is configured for more (KEP-127). */
const largestId = 65_535;

/** Every ID that the pod's processes have, those that runAsNonRoot sets among them. */
function idsOf({ securityContext }: PodSpec, context: Context): readonly (number | undefined)[] {
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups } = securityContext ?? {};
  return [
    runAsUser,
    runAsGroup,
    fsGroup,
    ...(supplementalGroups ?? []),
    ...allContainers(context.pod.spec).flatMap((container) => [
      container.securityContext?.runAsUser,
      container.securityContext?.runAsGroup,
      injectedUser(container, context),
      context.known(container).fsGroup,
    ]),
  ];
}

function addsAny({ securityContext }: Container): boolean {
  return (securityContext?.capabilities?.add?.length ?? 0) > 0;
}

/** Kinds of volumes that the kubelet makes on a file system of its own, all of which can be mapped since Linux 6.3. */
const kubeletKinds = new Set(['configMap', 'secret', 'downwardAPI', 'projected', 'emptyDir']);

/** Kinds of which only the node knows the file system. */
const unknownKinds = new Set(['persistentVolumeClaim', 'ephemeral', 'csi', 'image']);

/** Whether the volume can be mapped to other IDs. A hostPath may be /proc or a network file system. */
function fitOf(volume: Volume): 'always' | 'perhaps' | 'never' {
  if (volume.emptyDir?.medium?.startsWith('HugePages') === true) return 'never';
  const kinds = Object.entries(volume).flatMap(([key, value]) =>
    key === 'name' || value == null ? [] : [key],
  );
  if (kinds.every((kind) => kubeletKinds.has(kind))) return 'always';
  return kinds.every((kind) => kubeletKinds.has(kind) || unknownKinds.has(kind)) ? 'perhaps' : 'never';
}
