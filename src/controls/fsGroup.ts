import * as z from 'zod';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import type { Known } from './kit/context.js';
import { change, keep, noteWithSource, skip } from './kit/decision.js';
import { definePodControl } from './kit/define.js';
import { isUnmapped } from './kit/security.js';
import { allContainers, injectedUser } from './kit/user.js';

/** Lets the user that we set into the volumes that only root could use otherwise. */
export const fsGroup = definePodControl({
  id: 'fsGroup',
  level: 'extra',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary:
      'Sets fsGroup to the injected user ID, changing ownership only on a mismatch, where such a container mounts a ' +
      'volume that a non-root process could not use.',
    why: 'A persistent volume, or a secret with mode 0400, belongs to root: the user that was set could not open it.',
    mayBreak:
      'Programs that insist on the mode of their data directory (PostgreSQL): the group gets read and write access. ' +
      'Drivers without ownership support ignore it.',
    remedy: 'securityContext.fsGroup: <the group that owns the data>',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  },
  writes: ['securityContext.fsGroup', 'securityContext.fsGroupChangePolicy'],
  skips: {
    notNeeded: 'no container whose user was set mounts a volume that needs it',
  },
  notes: {
    knownGroup: 'the group is the one known for the image',
  },
  options: z.strictObject({}),
  harden(pod, context) {
    if (pod.securityContext?.fsGroup != null) return keep();
    const closed = new Set(pod.volumes?.filter(isClosedToNonRoot).map(({ name }) => name));
    if (closed.size === 0) return skip('notNeeded');
    for (const container of allContainers(pod)) {
      const user = mountsAny(container, closed) ? injectedUser(container, context) : undefined;
      if (user !== undefined) return openTo(user, context.known(container), pod);
    }
    return skip('notNeeded');
  },
});

function openTo(user: number, { fsGroup: known, sources }: Known, pod: PodSpec) {
  const group = known === undefined || isUnmapped(known, pod) ? undefined : known;
  const policy = pod.securityContext?.fsGroupChangePolicy;
  return change<PodSpec, 'knownGroup'>(
    {
      securityContext: {
        fsGroup: group ?? user,
        ...(policy == null && { fsGroupChangePolicy: 'OnRootMismatch' }),
      },
    },
    group === undefined ? undefined : noteWithSource('knownGroup', sources.fsGroup),
  );
}

/** Whether the container mounts one of the volumes, at whatever path. */
function mountsAny(container: Container, closed: ReadonlySet<string>): boolean {
  return container.volumeMounts?.some(({ name }) => closed.has(name)) ?? false;
}

const readableByOthers = 0o004;

/** Whether a non-root process without the volume's group is likely to be shut out. */
function isClosedToNonRoot(volume: Volume): boolean {
  if (volume.persistentVolumeClaim != null) return volume.persistentVolumeClaim.readOnly !== true;
  if (volume.csi != null) return volume.csi.readOnly !== true;
  if (volume.ephemeral != null) return true;
  const files = volume.secret ?? volume.configMap ?? volume.downwardAPI;
  if (files != null) return isRestrictive(files.defaultMode, files.items);
  const { projected } = volume;
  return (
    projected != null && (isClosed(projected.defaultMode) || projected.sources?.some(isClosedSource) === true)
  );
}

type Source = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

function isClosedSource({ secret, configMap, downwardAPI }: Source): boolean {
  return hasClosed((secret ?? configMap ?? downwardAPI)?.items);
}

interface FileMode {
  readonly mode?: number;
}

function isRestrictive(defaultMode: number | undefined, items: readonly FileMode[] | undefined): boolean {
  return isClosed(defaultMode) || hasClosed(items);
}

function hasClosed(items: readonly FileMode[] | undefined): boolean {
  return items != null && items.some(({ mode }) => isClosed(mode));
}

function isClosed(mode: number | undefined): boolean {
  return mode != null && (mode & readableByOthers) === 0;
}
