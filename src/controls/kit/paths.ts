import type { Container } from '../../kubernetes.js';

/** One spelling for each directory: absolute, without `.`, `..`, double or trailing slashes.
 *  `tmp`, `/tmp/` and `/var/../tmp` are `/tmp`, as they are to the kubelet and the runtime. */
export function normalizePath(path: string): string {
  if (isNormal(path)) return path;
  const parts: string[] = [];
  // One part after the other: a hostile path has millions of them.
  for (let start = 0, end; start < path.length; start = end + 1) {
    end = endOfPart(path, start);
    const part = path.slice(start, end);
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function endOfPart(path: string, start: number): number {
  const slash = path.indexOf('/', start);
  return slash === -1 ? path.length : slash;
}

/** Whether the path is spelt that way already, as nearly all are. */
function isNormal(path: string): boolean {
  return (
    path.startsWith('/') &&
    !path.includes('//') &&
    !path.includes('/.') &&
    (path === '/' || !path.endsWith('/'))
  );
}

/** The directory that a path most likely is on the node: in nearly all images /var/run is a link to /run. */
function resolveCommonLink(path: string): string {
  if (!path.startsWith('/var/')) return path;
  for (const linked of ['/run', '/lock']) {
    const alias = `/var${linked}`;
    const real = linked === '/run' ? '/run' : '/run/lock';
    if (path === alias || path.startsWith(`${alias}/`)) return real + path.slice(alias.length);
  }
  return path;
}

/** Whether `path` is `ancestor` or lies below it, as it is spelt or as the image's links make it. Both normalized. */
export function isWithin(path: string, ancestor: string): boolean {
  if (isBelow(path, ancestor)) return true;
  if (!path.startsWith('/var/') && !ancestor.startsWith('/var/')) return false;
  return isBelow(resolveCommonLink(path), resolveCommonLink(ancestor));
}

const slashCode = 0x2f;

function isBelow(path: string, ancestor: string): boolean {
  if (!path.startsWith(ancestor)) return false;
  const { length } = ancestor;
  return path.length === length || length === 1 || path.charCodeAt(length) === slashCode;
}

/** The container's own mounts and block devices, and the file that the kubelet mounts for it, normalized. */
export function occupiedPaths(container: Container): string[] {
  const { terminationMessagePath: message, volumeDevices } = container;
  const paths = mountedPaths(container);
  if (volumeDevices != null)
    for (const { devicePath } of volumeDevices) paths.push(normalizePath(devicePath));
  if (message != null && message !== '') paths.push(normalizePath(message));
  return paths;
}

/** Where the container mounts volumes itself, normalized. */
export function mountedPaths({ volumeMounts }: Container): string[] {
  return volumeMounts?.map(({ mountPath }) => normalizePath(mountPath)) ?? [];
}

/** The program that the container starts, normalized, or undefined where only the image knows it. */
export function programPath({ command, workingDir }: Container): string | undefined {
  const [program] = command ?? [];
  if (program?.startsWith('/')) return normalizePath(program);
  const isRelative = program?.includes('/') && workingDir?.startsWith('/');
  return isRelative ? normalizePath(`${workingDir}/${program}`) : undefined;
}

/** Longest writable path, in UTF-16 units: it comes again with each container that it is mounted in. */
export const maxWritablePath = 255;

/** Why a directory cannot be made writable, as what the person should have written, or undefined where it can. */
export function describeBadWritablePath(path: string): string | undefined {
  if (path.length > maxWritablePath) return `a path of at most ${maxWritablePath} characters`;
  if (!path.startsWith('/')) return 'an absolute path';
  if (path.includes(':')) return 'a path without a colon';
  const normal = normalizePath(path);
  if (normal === '/') return 'a directory below /';
  if (['/proc', '/sys', '/dev'].some((kernel) => isWithin(normal, kernel)))
    return 'a path outside /proc, /sys and /dev';
  return undefined;
}
