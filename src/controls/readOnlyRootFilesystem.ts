import * as z from 'zod';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import type { Known } from './kit/context.js';
import { type Change, change, keep, skip, sourcesOf } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { deepFreeze } from './kit/freeze.js';
import { Memo } from '../memo.js';
import { isWithin, mountedPaths, normalizePath, occupiedPaths, programPath } from './kit/paths.js';
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
    knownPaths: 'paths that are known to be written to are among them',
    imageContent:
      'a writable path is left out where it would hide files of the image, such as the program that is started',
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
      .prefault('1Gi')
      .describe('Size limit of each writable volume, shared by the containers of a pod'),
  }),
  survey: (context, options) => new VolumeNames(context.pod.spec, options),
  harden(container, context, options, volumeNames) {
    const current = container.securityContext?.readOnlyRootFilesystem;
    if (current === true) return keep();
    if (current === false) return skip('explicitlyFalse');
    const known = context.known(container);
    return hasKnownPaths(known)
      ? changeFor(container, known, options, volumeNames)
      : volumeNames.usualChange(container, known);
  },
});

interface Options {
  readonly writablePaths: readonly string[];
  readonly sizeLimit: string;
}

type Note = 'ownMount' | 'imageContent' | 'knownPaths';

const readOnly = deepFreeze({ securityContext: { readOnlyRootFilesystem: true } });

type PathsChange = Change<Container, Note, never>;

function hasKnownPaths({ writablePaths, dataPaths, neverMount }: Known): boolean {
  return writablePaths.length + dataPaths.length + neverMount.length > 0;
}

function changeFor(
  container: Container,
  known: Known,
  { writablePaths }: Options,
  volumeNames: VolumeNames,
): PathsChange {
  const { paths, notes } = choosePaths(container, known, writablePaths);
  // A longer name is none (a DNS label), and would come again with each of the mounts.
  const name = container.name.slice(0, maxNameLength);
  const volumes = paths.map((path) => volumeNames.of(path, isData(path, known)));
  const source = notes.includes('knownPaths') ? sourceOf(known) : undefined;
  return changes.of(keyOf(name, volumes, paths, notes, source), () =>
    changeOf(name, volumes, paths, notes, source),
  );
}

const changes = new Memo<PathsChange>(1000);

/** Of containers of whose image no paths are known: nearly all. First by the volumes for what the policy asks for, which
 *  are those of the whole pod, then by the container. */
const usualChanges = new Memo<Memo<PathsChange>>(10);
/** Those of pods in which the names of all these volumes are free. */
const plainChanges = new WeakMap<Options, Memo<PathsChange>>();

/** All of a container that its usual change follows from. No two have the same: the lengths are there too. */
function keyOfContainer(container: Container): string {
  const { name, terminationMessagePath, command, workingDir, volumeMounts, volumeDevices } = container;
  let key = part(name) + part(terminationMessagePath);
  if (command != null) key += ` program${part(command[0])}${part(workingDir)}`;
  if (volumeMounts != null) for (const { mountPath } of volumeMounts) key += part(mountPath);
  if (volumeDevices != null) for (const { devicePath } of volumeDevices) key += ` device${part(devicePath)}`;
  return key;
}

/** @throws TypeError for what is no text: a list of one could be taken for it, and what is made of a misshapen pod must
 *  not be kept for others */
function part(text: string | undefined): string {
  if (text == null) return ' -';
  if (typeof text !== 'string') throw new TypeError(`expected a text, found ${typeof text}`);
  return ` ${text.length} ${text}`;
}

/** No two changes have the same. */
function keyOf(
  container: string,
  volumes: readonly Volume[],
  paths: readonly string[],
  notes: readonly Note[],
  source: string | undefined,
): string {
  let key = part(container);
  for (const [index, path] of paths.entries()) {
    const volume = volumes[index];
    key += ` ${volume?.name} ${volume?.emptyDir?.sizeLimit}${part(path)}`;
  }
  for (const note of notes) key += ` ${note}`;
  return source === undefined ? key : `${key} ${source}`;
}

function changeOf(
  container: string,
  volumes: readonly Volume[],
  paths: readonly string[],
  notes: readonly Note[],
  source: string | undefined,
): PathsChange {
  const more = notes.length > 0 ? { notes, sources: sourcesOf(['knownPaths', source]) } : undefined;
  if (paths.length === 0) return change<Container, Note>(readOnly, more);
  // A directory of its own for each container: sharing one would let two PID files or users clash.
  const volumeMounts = paths.map((mountPath, index) => ({
    name: volumes[index]?.name ?? '',
    mountPath,
    subPath: container,
  }));
  return deepFreeze(change<Container, Note>(readOnly, { own: { volumeMounts }, volumes, ...more }));
}

/** The directories to mount on: asked for, not taken, each once. */
function choosePaths(container: Container, known: Known, defaults: readonly string[]) {
  const { writablePaths, dataPaths, neverMount } = known;
  const occupied = occupiedPaths(container);
  const program = programPath(container);
  const isMounted =
    program !== undefined && mountedPaths(container).some((mount) => isWithin(program, mount));
  const hidesProgram = (path: string) => program !== undefined && !isMounted && isWithin(program, path);
  const paths: string[] = [];
  const notes: Note[] = [];
  const isKnown = writablePaths.length + dataPaths.length > 0;
  const wishes = isKnown ? [...defaults, ...writablePaths, ...dataPaths] : defaults;
  for (const [index, wish] of wishes.entries()) {
    const path = normalizePath(wish);
    if (paths.some((chosen) => isWithin(path, chosen) && isWithin(chosen, path))) continue;
    if (occupied.some((mount) => isWithin(path, mount))) notes.push('ownMount');
    else if (neverMount.some((content) => touches(normalizePath(content), path)) || hidesProgram(path))
      notes.push('imageContent');
    else {
      paths.push(path);
      if (index >= defaults.length) notes.push('knownPaths');
    }
  }
  return { paths, notes: notes.length === 0 ? notes : [...new Set(notes)] };
}

/** Whether the directory is one of data, which may come to any amount. */
function isData(path: string, { dataPaths }: Known): boolean {
  return dataPaths.some((data) => normalizePath(data) === path);
}

function sourceOf({ sources }: Known): string | undefined {
  const texts = new Set([sources.writablePaths, sources.dataPaths].filter((text) => text !== undefined));
  return texts.size === 0 ? undefined : [...texts].join(', ');
}

function touches(content: string, path: string): boolean {
  return isWithin(content, path) || isWithin(path, content);
}

const maxNameLength = 63;
const namePrefix = 'podtemper-';

/** One volume a path for a whole pod, with a name that is the same whenever we are called; another for data, which
 *  has no size limit. */
class VolumeNames {
  readonly #spec: PodSpec;
  readonly #options: Options;
  readonly #byPath = new Map<string, Volume>();
  #byName: ReadonlyMap<string, Volume> | undefined;
  #usual: Memo<PathsChange> | undefined;

  constructor(spec: PodSpec, options: Options) {
    this.#spec = spec;
    this.#options = options;
  }

  of(path: string, isUnbounded: boolean): Volume {
    const suffix = isUnbounded ? '--data' : '';
    let volume = this.#byPath.get(path + suffix);
    if (volume === undefined) {
      const emptyDir = isUnbounded ? {} : { sizeLimit: this.#options.sizeLimit };
      volume = { name: this.#freeName(nameOfPath(path), suffix, emptyDir), emptyDir };
      this.#byPath.set(path + suffix, volume);
    }
    return volume;
  }

  /** The change of a container of whose image no paths are known. */
  usualChange(container: Container, known: Known): PathsChange {
    this.#usual ??= this.#usualChanges();
    return this.#usual.of(keyOfContainer(container), () => changeFor(container, known, this.#options, this));
  }

  #usualChanges(): Memo<PathsChange> {
    const isPlain = this.#spec.volumes?.some(({ name }) => name.startsWith(namePrefix)) !== true;
    const plain = isPlain ? plainChanges.get(this.#options) : undefined;
    if (plain !== undefined) return plain;
    const paths = this.#options.writablePaths.map(normalizePath);
    const volumes = paths.map((path) => this.of(path, false));
    const usual = usualChanges.of(keyOf('', volumes, paths, [], undefined), () => new Memo(1000));
    if (isPlain) plainChanges.set(this.#options, usual);
    return usual;
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
