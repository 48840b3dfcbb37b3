import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';
import { type HostMount, type HostVolume, hostVolumesOf, targetsOf } from './kit/hostMounts.js';
import { sensitiveDirectoryOf } from './kit/hostPaths.js';
import { isWithin, normalizePath } from './kit/paths.js';
import { hostDirectory } from './kit/schemas.js';

const optionsSchema = z.strictObject({
  moreDirectories: z
    .array(hostDirectory)
    .default([])
    .describe(
      'Further sensitive directories of the node, such as /var/lib/kubelet, /var/lib/docker, /var/lib/containerd, ' +
        '/root/.ssh, /var/log',
    ),
  allowedPrefixes: z
    .array(hostDirectory)
    .default([])
    .describe('Directories of the node that may be mounted, with all below them'),
  readOnlyFiles: z
    .boolean()
    .default(false)
    .describe('Whether single files that are mounted read-only, such as /etc/localtime, are found as well'),
});
type Options = z.output<typeof optionsSchema>;

/** Finds mounts of the directories that a node runs from. */
export const hostPath = defineAdvisoryControl({
  id: 'hostPath',
  level: 'baseline',
  os: 'linux',
  defaultMode: 'warn',
  docs: {
    summary:
      'Finds hostPath volumes of /, /boot, /dev, /etc, /lib, /lib64, /proc, /sys, /usr, of what lies below them or ' +
      'holds them, however the path is spelt; not a single file that is mounted read-only.',
    why: 'Who writes to /etc or /usr of a node owns the node, and who reads there finds its keys.',
    mayBreak: 'Agents that watch or set up the node: they belong into a namespace of their own.',
    remedy: 'volumes[*]: {emptyDir: {}}, {persistentVolumeClaim: …} or {configMap: …}',
    source: 'https://kubernetes.io/docs/concepts/storage/volumes/#hostpath',
  },
  flags: {
    writableDirectory: {
      severity: 'high',
      means: 'what runs there can change the node itself, and so take it over',
    },
    readOnlyDirectory: {
      severity: 'medium',
      means: 'what runs there reads what the node keeps to itself, keys and passwords among it',
    },
    unmountedDirectory: {
      severity: 'low',
      means: 'no container mounts it yet, but a debug container may',
    },
  },
  options: optionsSchema,
  findInPod({ spec }, flags, options) {
    for (const volume of hostVolumesOf(spec)) {
      const { field, found } = volume;
      const mounts = volume.mounts.length === 0 ? [asMounted(volume)] : volume.mounts;
      const sensitive = mounts.filter(({ path }) => directoryOf(path, options) !== undefined);
      const [first] = sensitive;
      if (first === undefined) continue;
      if (!options.readOnlyFiles && sensitive.every((mount) => isHarmless(mount, volume))) continue;
      const isOpen = sensitive.some((mount) => isWritable(mount, volume));
      const code = isOpen ? 'writableDirectory' : 'readOnlyDirectory';
      flags.add(() => ({
        code: volume.mounts.length === 0 ? 'unmountedDirectory' : code,
        field,
        found,
        targets: volume.mounts.length === 0 ? [] : targetsOf(sensitive),
        detail: `${directoryOf(first.path, options) ?? ''} of the node`,
        write: isOpen ? `${otherVolume}; where it only reads, readOnly: true on its mounts` : otherVolume,
      }));
    }
  },
});

const otherVolume = 'a volume of another kind, such as emptyDir, configMap or persistentVolumeClaim';

/** As a container would have it that only reads. */
function asMounted({ path }: HostVolume): HostMount {
  return { target: '', path, readOnly: true };
}

/** The sensitive directory that a path of the node is, lies in, or holds. */
function directoryOf(path: string, { moreDirectories, allowedPrefixes }: Options): string | undefined {
  if (allowedPrefixes.some((allowed) => isWithin(path, normalizePath(allowed)))) return undefined;
  const isConcerned = (directory: string) => isWithin(path, directory) || isWithin(directory, path);
  return (
    sensitiveDirectoryOf(path) ??
    moreDirectories.map((directory) => normalizePath(directory)).find(isConcerned)
  );
}

/** What a read-only mount would mean nothing for: a device or socket can be written to all the same. */
const specialTypes = new Set(['Socket', 'CharDevice', 'BlockDevice']);

function isWritable({ readOnly }: HostMount, { type }: HostVolume): boolean {
  return !readOnly || specialTypes.has(type);
}

/** Files that anybody may read, and a folder of such: they say which time zone, which system, which name. */
const publicFiles = [
  '/etc/hostname',
  '/etc/hosts',
  '/etc/localtime',
  '/etc/machine-id',
  '/etc/os-release',
  '/etc/resolv.conf',
  '/etc/timezone',
  '/usr/lib/os-release',
  '/usr/share/zoneinfo',
];

/** Files that only root reads on a node, and folders of such. */
const secretFiles = [
  '/dev',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/kubernetes',
  '/etc/rancher',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/ssh',
  '/etc/ssl/private',
  '/etc/sudoers',
  '/proc',
  '/sys',
];

/** A single file that is only read, and holds no secret. */
function isHarmless(mount: HostMount, volume: HostVolume): boolean {
  if (isWritable(mount, volume)) return false;
  const isIn = (files: readonly string[]) => files.some((file) => isWithin(mount.path, file));
  return isIn(publicFiles) || (volume.type === 'File' && !isIn(secretFiles));
}
