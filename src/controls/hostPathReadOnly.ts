import * as z from 'zod';
import type { Container, PodSpec } from '../kubernetes.js';
import { change, keep, skip } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { deepFreeze } from './kit/freeze.js';
import { sensitiveDirectoryOf } from './kit/hostPaths.js';
import { isWithin, normalizePath, occupiedPaths } from './kit/paths.js';

/** Keeps containers from writing to the directories that a node runs from. */
export const hostPathReadOnly = defineContainerControl({
  id: 'hostPathReadOnly',
  level: 'extra',
  os: 'linux',
  defaultMode: 'off',
  docs: {
    summary:
      'Sets readOnly to true where a container mounts /, /boot, /dev, /etc, /lib, /lib64, /proc, /sys or /usr of the ' +
      'node, or a path below them, and leaves it unset.',
    why: 'Who can write to /etc or /usr of a node owns the node. What is mounted below such a directory stays writable.',
    mayBreak:
      'Agents that install files on the node (CNI plugins, CSI drivers). The API server does not tell a webhook ' +
      'readOnly: false from unset: a pod that must write opts out by annotation.',
    source: 'https://kubernetes.io/docs/concepts/storage/volumes/#hostpath',
  },
  writes: ['containers[*].volumeMounts[*].readOnly'],
  skips: {
    notNeeded: 'it mounts no sensitive directory of the node',
    explicitlyWritable:
      'readOnly is explicitly false, but the API server drops that: in a cluster only an opt-out keeps it writable',
    mountsBelow:
      'something else is mounted below it, for which the runtime may have to create a directory in it',
  },
  notes: {
    keptWritable:
      'a mount with an explicit readOnly: false is left alone here, but the API server drops that value: opt out',
    mountBelow: 'a mount that has something else mounted below it stays writable',
  },
  options: z.strictObject({}),
  survey: ({ pod: { spec } }) => hostVolumes(spec),
  harden(container, _context, _options, volumes) {
    const mounts = volumes === undefined ? [] : sensitiveMounts(container, volumes);
    if (mounts.length === 0) return skip('notNeeded');
    const open = mounts.filter(({ readOnly }) => readOnly == null);
    const taken = open.length === 0 ? [] : [...managedPaths, ...occupiedPaths(container)];
    const blocked = open.filter(({ mountPath }) => isAbove(normalizePath(mountPath), taken));
    const closable = open.filter((mount) => !blocked.includes(mount));
    const explicit = mounts.find(({ readOnly }) => readOnly === false);
    if (closable.length > 0) {
      const notes = [
        ...(explicit === undefined ? [] : ['keptWritable' as const]),
        ...(blocked.length === 0 ? [] : ['mountBelow' as const]),
      ];
      const volumeMounts = Object.fromEntries(closable.map(({ index }) => [index, { readOnly: true }]));
      return change<Container, (typeof notes)[number]>(nothing, {
        items: { volumeMounts },
        ...(notes.length > 0 && { notes }),
      });
    }
    if (explicit !== undefined) return skip('explicitlyWritable', explicit.mountPath);
    return blocked[0] === undefined ? keep() : skip('mountsBelow', blocked[0].mountPath);
  },
});

const nothing = deepFreeze({});

/** What a read-only mount would mean nothing for: a device or socket can be written to all the same. */
const specialTypes = new Set(['Socket', 'CharDevice', 'BlockDevice']);

/** The paths of the pod's hostPath volumes, by name. Undefined where there are none. */
function hostVolumes({ volumes }: PodSpec): ReadonlyMap<string, string> | undefined {
  const found = volumes?.flatMap(({ name, hostPath }): [string, string][] =>
    hostPath == null || specialTypes.has(hostPath.type ?? '') ? [] : [[name, hostPath.path]],
  );
  return found === undefined || found.length === 0 ? undefined : new Map(found);
}

/** The container's mounts of what is sensitive, each with its place in the list. */
function sensitiveMounts({ volumeMounts }: Container, volumes: ReadonlyMap<string, string>) {
  return (volumeMounts ?? []).flatMap((mount, index) => {
    const path = volumes.get(mount.name);
    const isSensitive = path !== undefined && sensitiveDirectoryOf(`${path}/${mount.subPath ?? ''}`);
    return isSensitive === false || isSensitive === undefined ? [] : [Object.assign({ index }, mount)];
  });
}

/** Where kubelet and runtime mount something into every container. */
const managedPaths = [
  '/dev/shm',
  '/dev/termination-log',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/proc',
  '/sys',
  '/var/run/secrets/kubernetes.io/serviceaccount',
];

function isAbove(path: string, others: readonly string[]): boolean {
  return others.some((other) => other !== path && isWithin(other, path));
}
