import { z } from 'zod';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import { change, type Context, defineContainerControl, keep, skip } from './kit/define.js';
import { deepFreeze } from './kit/freeze.js';
import { isWithin, normalizePath, occupiedPaths } from './kit/paths.js';
import { formatQuantity, parseQuantity } from './kit/quantity.js';
import { writablePath } from './kit/schemas.js';

/** Makes the root file system read-only, with the writable directories without which programs break. */
export const readOnlyRootFilesystem = defineContainerControl({
  id: 'readOnlyRootFilesystem',
  level: 'extra',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary:
      'Sets readOnlyRootFilesystem to true and mounts an empty writable volume on /tmp and on each path asked for.',
    why: 'Nobody who breaks in can replace a binary or leave a tool behind.',
    mayBreak:
      'Programs that write elsewhere (caches, PID files, logs). Ruby refuses a /tmp without the sticky bit, which ' +
      'an emptyDir does not have.',
    remedy: 'podtemper.io/writable-paths: /var/cache/app,/run',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  },
  writes: ['containers[*].securityContext.readOnlyRootFilesystem', 'containers[*].volumeMounts', 'volumes'],
  skips: {
    explicitlyFalse: 'readOnlyRootFilesystem is explicitly false',
  },
  notes: {
    ownMount:
      'a writable path is left out where the container mounts that directory, or one above it, itself',
    imageContent: 'a writable path is left out where it would hide files of the image',
  },
  options: z.strictObject({
    writablePaths: z
      .array(writablePath)
      .default(['/tmp'])
      .describe('Directories made writable in every container'),
    sizeLimit: z
      .string()
      .refine((text) => (parseQuantity(text) ?? -1n) >= 0n, { error: 'expected a quantity such as 1Gi' })
      // As the API server writes it back, so that a volume of ours is known again.
      .transform((text) => formatQuantity(parseQuantity(text) ?? 0n, 'memory'))
      .default('1Gi')
      .describe('Size limit of each writable volume, shared by the containers of a pod'),
  }),
  survey: (context, options) => new VolumeNames(context.pod.spec, options.sizeLimit),
  harden(container, context, options, volumeNames) {
    const current = container.securityContext?.readOnlyRootFilesystem;
    if (current === true) return keep();
    if (current === false) return skip('explicitlyFalse');
    const { paths, notes } = choosePaths(container, context, options.writablePaths);
    const more = notes.length > 0 ? { notes } : undefined;
    if (paths.length === 0) return change<Container, Notes[number]>(readOnly, more);
    // A directory of its own for each container: sharing one would let two PID files or users clash.
    const volumeMounts = paths.map((mountPath) => ({
      name: volumeNames.of(mountPath).name,
      mountPath,
      subPath: container.name,
    }));
    const volumes = paths.map((path) => volumeNames.of(path));
    return change<Container, Notes[number]>(readOnly, { own: { volumeMounts }, volumes, ...more });
  },
});

type Notes = ('ownMount' | 'imageContent')[];

const readOnly = deepFreeze({ securityContext: { readOnlyRootFilesystem: true } });

/** The directories to mount on: asked for, not taken, each once. */
function choosePaths(container: Container, context: Context, defaults: readonly string[]) {
  const known = context.known(container);
  const occupied = occupiedPaths(container);
  const paths: string[] = [];
  const notes: Notes = [];
  for (const wish of known.writablePaths.length === 0 ? defaults : [...defaults, ...known.writablePaths]) {
    const path = normalizePath(wish);
    if (paths.some((chosen) => isWithin(path, chosen) && isWithin(chosen, path))) continue;
    if (occupied.some((mount) => isWithin(path, mount))) notes.push('ownMount');
    else if (known.neverMount.some((content) => touches(normalizePath(content), path)))
      notes.push('imageContent');
    else paths.push(path);
  }
  return { paths, notes: [...new Set(notes)] };
}

function touches(content: string, path: string): boolean {
  return isWithin(content, path) || isWithin(path, content);
}

const maxNameLength = 63;

/** One volume a path for a whole pod, with a name that is the same whenever we are called. */
class VolumeNames {
  readonly #spec: PodSpec;
  readonly #sizeLimit: string;
  readonly #byPath = new Map<string, Volume>();

  constructor(spec: PodSpec, sizeLimit: string) {
    this.#spec = spec;
    this.#sizeLimit = sizeLimit;
  }

  of(path: string): Volume {
    let volume = this.#byPath.get(path);
    if (volume === undefined) {
      volume = { name: this.#freeName(nameOfPath(path)), emptyDir: { sizeLimit: this.#sizeLimit } };
      this.#byPath.set(path, volume);
    }
    return volume;
  }

  /** The name itself, or the first numbered one that is free or that an equal volume of ours holds already. */
  #freeName(name: string): string {
    for (let number = 1; ; number++) {
      // Two hyphens, as no path's own name has: it never meets the volume of another path.
      const suffix = number === 1 ? '' : `--${number}`;
      const candidate = name.slice(0, maxNameLength - suffix.length) + suffix;
      const holder = this.#spec.volumes?.find((volume) => volume.name === candidate);
      if (holder === undefined || this.#isOurs(holder)) return candidate;
    }
  }

  #isOurs({ emptyDir }: Volume): boolean {
    return emptyDir != null && emptyDir.sizeLimit === this.#sizeLimit && (emptyDir.medium ?? '') === '';
  }
}

/** `podtemper-tmp` for /tmp, `podtemper-var-cache-nginx` for /var/cache/nginx. Paths that would share such a name
 *  or need more than 63 characters are told apart by a hash. */
function nameOfPath(path: string): string {
  const plain = `podtemper-${path.slice(1).replaceAll('/', '-')}`;
  if (/^\/[a-z0-9/]+$/.test(path) && plain.length <= maxNameLength) return plain;
  const readable = plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, maxNameLength - 9);
  return `${readable}-${hash(path)}`;
}

/** FNV-1a, 32 bits, eight hexadecimal digits: short, stable, and not for security. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, '0');
}
