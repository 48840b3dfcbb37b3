import type { Container, Pod, PodSpec, Volume } from '../../src/kubernetes.js';
import { containersOf } from './securityRules.js';

type Mount = NonNullable<Container['volumeMounts']>[number];

/** What the API server refuses in volumes and mounts (semantics.md A4; ValidateVolumes, ValidateVolumeMounts). */
export function volumeProblems({ spec }: Pod): string[] {
  const names = spec.volumes?.map(({ name }) => name) ?? [];
  const problems = names
    .filter((name) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > 63)
    .map((name) => `volume name "${name}" is no DNS label`);
  if (new Set(names).size < names.length) problems.push('a volume name twice');
  for (const volume of spec.volumes ?? []) {
    const sources = Object.entries(volume).filter(([key, source]) => key !== 'name' && source != null);
    if (sources.length > 1) problems.push(`volume ${volume.name} has several sources`);
  }
  return [
    ...problems,
    ...containersOf(spec).flatMap((container) => mountProblems(container, spec.volumes ?? [])),
  ];
}

function mountProblems(
  { name, volumeMounts, volumeDevices }: Container,
  volumes: readonly Volume[],
): string[] {
  const problems: string[] = [];
  const mounts = volumeMounts ?? [];
  const devices = volumeDevices ?? [];
  const paths = [...mounts.map(({ mountPath }) => mountPath), ...devices.map(({ devicePath }) => devicePath)];
  if (new Set(paths).size < paths.length) problems.push(`${name}: a mount or device path twice`);
  if (paths.some((path) => path === '')) problems.push(`${name}: an empty path`);
  if (devices.some(({ devicePath }) => devicePath.split('/').includes('..')))
    problems.push(`${name}: .. in a device path`);
  const isKnown = (volume: string) => volumes.some((candidate) => candidate.name === volume);
  for (const used of [...mounts, ...devices]) {
    if (!isKnown(used.name)) problems.push(`${name}: no volume ${used.name}`);
  }
  if (mounts.some((mount) => devices.some((device) => device.name === mount.name))) {
    problems.push(`${name}: one volume as mount and device`);
  }
  return [...problems, ...mounts.flatMap(subPathProblems).map((problem) => `${name}: ${problem}`)];
}

function subPathProblems({ subPath, subPathExpr }: Mount): string[] {
  const climbs = subPath !== undefined && (subPath.startsWith('/') || subPath.split('/').includes('..'));
  return [
    ...(climbs ? [`subPath ${subPath}`] : []),
    ...(subPath && subPathExpr ? ['subPath and subPathExpr'] : []),
  ];
}

/** The directory on the node: absolute, no `.`, `..` or empty part. */
function resolved(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

/** All that a path may be: itself, and what it is where /var/run and /var/lock are the usual links. */
function spellings(path: string): string[][] {
  const parts = resolved(path);
  const [first, second, ...rest] = parts;
  if (first !== 'var') return [parts];
  if (second === 'run') return [parts, ['run', ...rest]];
  return second === 'lock' ? [parts, ['run', 'lock', ...rest]] : [parts];
}

/** Whether `path` is `ancestor` or below it, under any of their spellings. */
function isBelow(path: string, ancestor: string): boolean {
  return spellings(path).some((inner) =>
    spellings(ancestor).some((outer) => outer.every((part, index) => inner[index] === part)),
  );
}

/** What is wrong with the mounts that hardening added: over a directory of the container's own or inside it, one
 *  directory twice, one volume directory at two places, kernel file systems, files that somebody else keeps
 *  (semantics.md A 30, 31). */
export function addedMountProblems(before: Pod, after: Pod): string[] {
  const old = containersOf(before.spec);
  const writable = after.spec.volumes?.filter(({ emptyDir }) => emptyDir != null) ?? [];
  const names = new Set(writable.map(({ name }) => name));
  return containersOf(after.spec).flatMap((container, index) => {
    const present = new Set(old[index]?.volumeMounts?.map(({ mountPath }) => mountPath));
    const added = container.volumeMounts?.filter(({ mountPath }) => !present.has(mountPath)) ?? [];
    return added.flatMap((mount, number) =>
      [
        ...conflictsWithOwn(mount.mountPath, old[index]),
        ...conflictsWithin(mount, added.slice(0, number)),
        ...(names.has(mount.name) ? [] : [`added mount ${mount.mountPath} is no empty directory`]),
      ].map((problem) => `${container.name}: ${problem}`),
    );
  });
}

function conflictsWithOwn(path: string, container: Container | undefined): string[] {
  const problems = (container?.volumeMounts ?? [])
    .filter(({ mountPath }) => isBelow(path, mountPath))
    .map(({ mountPath }) => `added mount ${path} lies on or inside its own mount ${mountPath}`);
  const devices = (container?.volumeDevices ?? [])
    .filter(({ devicePath }) => isBelow(path, devicePath))
    .map(({ devicePath }) => `added mount ${path} lies on its device ${devicePath}`);
  const content = contentOf(container)
    .filter((own) => isBelow(own, path) && !isCovered(own, path, container))
    .map((own) => `added mount ${path} hides its program ${own}`);
  const message = container?.terminationMessagePath;
  if (message !== undefined && isBelow(path, message))
    problems.push(`added mount ${path} lies on its termination message ${message}`);
  const kernel = ['/proc', '/sys', '/dev'].filter((directory) => isBelow(path, directory));
  const system = [...kernel, ...(resolved(path).length === 0 ? ['/'] : [])];
  return [
    ...problems,
    ...devices,
    ...content,
    ...system.map((directory) => `added mount ${path} hides ${directory}`),
  ];
}

/** The program that a container starts, where it says so by a path that does not depend on the image. */
function contentOf(container: Container | undefined): string[] {
  const [program] = container?.command ?? [];
  if (program?.startsWith('/')) return [program];
  const { workingDir } = container ?? {};
  return program?.includes('/') && workingDir?.startsWith('/') ? [`${workingDir}/${program}`] : [];
}

/** Whether a mount of the container's own brings the file: one below the added one, or one in which the usual links of
 *  an image, by which alone the file would lie below the added one, are none. */
function isCovered(file: string, added: string, container: Container | undefined): boolean {
  return (container?.volumeMounts ?? []).some(({ mountPath }) =>
    isWritten(file, added)
      ? isBelow(mountPath, added) && isBelow(file, mountPath)
      : isWritten(file, mountPath) && !isWritten(added, mountPath),
  );
}

/** Whether `path` is `ancestor` or below it as they are written, links aside. */
function isWritten(path: string, ancestor: string): boolean {
  const inner = resolved(path);
  return resolved(ancestor).every((part, index) => inner[index] === part);
}

function conflictsWithin(mount: Mount, earlier: readonly Mount[]): string[] {
  return earlier.flatMap((other) => {
    const samePlace = isBelow(mount.mountPath, other.mountPath) && isBelow(other.mountPath, mount.mountPath);
    const sameContent = mount.name === other.name && mount.subPath === other.subPath;
    return [
      ...(samePlace ? [`${other.mountPath} and ${mount.mountPath} are one directory, mounted twice`] : []),
      ...(sameContent
        ? [`${other.mountPath} and ${mount.mountPath} show one directory of volume ${mount.name}`]
        : []),
    ];
  });
}

/** Where kubelet and runtime mount files and file systems into each container. */
const foreignMounts = [
  '/dev/termination-log',
  '/dev/shm',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/var/run/secrets/kubernetes.io/serviceaccount',
];

/** Mounts that became read-only though a directory may have to be made in them for what is mounted below. */
export function readOnlyProblems(before: Pod, after: Pod): string[] {
  const old = containersOf(before.spec);
  return containersOf(after.spec).flatMap((container, index) => {
    const { name, volumeMounts, volumeDevices, terminationMessagePath: message } = container;
    const wasOpen = new Set(
      old[index]?.volumeMounts?.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath),
    );
    const closed = (volumeMounts ?? []).filter(
      ({ mountPath, readOnly }) => readOnly === true && wasOpen.has(mountPath),
    );
    const others = [
      ...foreignMounts,
      ...(volumeMounts ?? []).map(({ mountPath }) => mountPath),
      ...(volumeDevices ?? []).map(({ devicePath }) => devicePath),
      ...(message ? [message] : []),
    ];
    return closed.flatMap(({ mountPath }) => {
      const below = others.filter((other) => isBelow(other, mountPath) && !isBelow(mountPath, other));
      return below.map((other) => `${name}: ${mountPath} became read-only under ${other}`);
    });
  });
}

/** Whether the workload's own containers and volumes stand where they stood, and nothing was put between them. */
export function orderProblems(before: PodSpec, after: PodSpec): string[] {
  const namesOf = (items: readonly { readonly name: string }[] | undefined) =>
    items?.map(({ name }) => name) ?? [];
  const starts = (old: readonly string[], now: readonly string[]) =>
    old.every((name, index) => now[index] === name);
  const problems: string[] = [];
  if (namesOf(before.containers).join() !== namesOf(after.containers).join())
    problems.push('containers in another order');
  if (namesOf(before.initContainers).join() !== namesOf(after.initContainers).join()) {
    problems.push('init containers in another order');
  }
  if (!starts(namesOf(before.volumes), namesOf(after.volumes))) problems.push('volumes in another order');
  return problems;
}
