import { normalizePath } from './paths.js';

/** Directories of a node by which whoever writes to them takes it over, or reads what it keeps secret. */
const sensitiveDirectories = ['/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sys', '/usr'] as const;

/** The sensitive directory that a path of the node is or lies in, however it is spelt: `/etc` for `//etc/ssl` and for
 *  `/data/../etc`. The root itself is one, since it holds all others. Undefined for any other path. */
export function sensitiveDirectoryOf(path: string): string | undefined {
  const normal = normalizePath(path);
  if (normal === '/') return normal;
  return sensitiveDirectories.find((directory) => normal === directory || normal.startsWith(`${directory}/`));
}
