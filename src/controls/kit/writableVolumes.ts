import type { PodSpec, Volume } from '../../kubernetes.js';
import { parseQuantity } from './quantity.js';

/** Longest name of a volume or a container (a DNS label). */
export const maxNameLength = 63;
const namePrefix = 'podtemper-';

/** One volume a path for a whole pod, with a name that is the same whenever we are called; another for data, which
 *  has no size limit. */
export class WritableVolumes {
  readonly #spec: PodSpec;
  readonly #sizeLimit: string;
  readonly #byPath = new Map<string, Volume>();
  #byName: ReadonlyMap<string, Volume> | undefined;

  constructor(spec: PodSpec, sizeLimit: string) {
    this.#spec = spec;
    this.#sizeLimit = sizeLimit;
  }

  /** Whether no volume of the pod has a name that one of ours could have. */
  get areFree(): boolean {
    return this.#spec.volumes?.some(({ name }) => name.startsWith(namePrefix)) !== true;
  }

  /** The volume for a path, normalized. */
  of(path: string, isUnbounded: boolean): Volume {
    const suffix = isUnbounded ? '--data' : '';
    let volume = this.#byPath.get(path + suffix);
    if (volume === undefined) {
      const emptyDir = isUnbounded ? {} : { sizeLimit: this.#sizeLimit };
      volume = { name: this.#freeName(nameOfPath(path), suffix, emptyDir), emptyDir };
      this.#byPath.set(path + suffix, volume);
    }
    return volume;
  }

  /** The name itself, or the first numbered one that is free or that an equal volume of ours holds already. */
  #freeName(name: string, kind: string, own: EmptyDir): string {
    for (let number = 1; ; number++) {
      // Two hyphens, as no path's own name has: it never meets the volume of another path.
      const suffix = kind + (number === 1 ? '' : `--${number}`);
      const candidate = name.slice(0, maxNameLength - suffix.length) + suffix;
      const holder = number === 1 ? this.#find(candidate) : this.#findQuickly(candidate);
      if (holder === undefined || isSame(holder.emptyDir, own)) return candidate;
    }
  }

  #find(name: string): Volume | undefined {
    return this.#spec.volumes?.find((volume) => volume.name === name);
  }

  /** For a pod that took many of our names: a look through all its volumes for each would be their number squared. */
  #findQuickly(name: string): Volume | undefined {
    this.#byName ??= new Map(this.#spec.volumes?.toReversed().map((volume) => [volume.name, volume]));
    return this.#byName.get(name);
  }
}

type EmptyDir = NonNullable<Volume['emptyDir']>;

/** Whether a volume is one of ours. The API server may have respelt its limit: 1000000000 comes back as 1G. */
function isSame(emptyDir: Volume['emptyDir'], own: EmptyDir): boolean {
  if (emptyDir == null || (emptyDir.medium ?? '') !== '') return false;
  const { sizeLimit } = emptyDir;
  if (sizeLimit == null || own.sizeLimit === undefined)
    return sizeLimit == null && own.sizeLimit === undefined;
  return sizeLimit === own.sizeLimit || parseQuantity(sizeLimit) === parseQuantity(own.sizeLimit);
}

/** `podtemper-tmp` for /tmp, `podtemper-var-cache-nginx` for /var/cache/nginx. Paths that would share such a name
 *  or need more than 63 characters are told apart by a hash. */
function nameOfPath(path: string): string {
  const plain = namePrefix + path.slice(1).replaceAll('/', '-');
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
