import * as z from 'zod';
import { detach } from '../detach.js';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import type { Known } from './kit/context.js';
import { type Change, change, keep, skip, sourcesOf } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { deepFreeze } from './kit/freeze.js';
import { Memo } from '../memo.js';
import { isWithin, mountedPaths, normalizePath, occupiedPaths, programPath } from './kit/paths.js';
import { formatQuantity, parseQuantity } from './kit/quantity.js';
import { writablePath } from './kit/schemas.js';
import { maxNameLength, WritableVolumes } from './kit/writableVolumes.js';

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
  survey: ({ pod }, options) => new WritablePaths(pod.spec, options),
  harden(container, context, _options, writablePaths) {
    const current = container.securityContext?.readOnlyRootFilesystem;
    if (current === true) return keep();
    if (current === false) return skip('explicitlyFalse');
    return writablePaths.changeOf(container, context.known(container));
  },
});

interface Options {
  readonly writablePaths: readonly string[];
  readonly sizeLimit: string;
}

type Note = 'ownMount' | 'imageContent' | 'knownPaths';

const readOnly = deepFreeze({ securityContext: { readOnlyRootFilesystem: true } });

type PathsChange = Change<Container, Note, never>;

/** What becomes of the containers of one pod. */
class WritablePaths {
  readonly #options: Options;
  readonly #volumes: WritableVolumes;
  #usual: Usual | undefined;

  constructor(spec: PodSpec, options: Options) {
    this.#options = options;
    this.#volumes = new WritableVolumes(spec, options.sizeLimit);
  }

  changeOf(container: Container, known: Known): PathsChange {
    if (!hasKnownPaths(known)) {
      this.#usual ??= this.#findUsual(known);
      const { paths, volumes, changes } = this.#usual;
      const make = () => changeOf(directoryOf(container), volumes, paths, [], undefined);
      if (leavesFree(container, paths)) return changes.of(container.name, make, deepFreeze);
    }
    return this.#chosenChange(container, known);
  }

  #findUsual(known: Known): Usual {
    const plain = this.#volumes.areFree ? plainUsuals.get(this.#options) : undefined;
    if (plain !== undefined) return plain;
    const { paths } = choosePaths({ name: '' }, known, this.#options.writablePaths);
    const volumes = deepFreeze(paths.map((path) => this.#volumes.of(path, false)));
    const key = keyOf('', volumes, paths, [], undefined);
    const usual = usuals.of(key, () => ({ paths, volumes, changes: new Memo(1000) }));
    if (this.#volumes.areFree) plainUsuals.set(this.#options, usual);
    return usual;
  }

  #chosenChange(container: Container, known: Known): PathsChange {
    const { paths, notes } = choosePaths(container, known, this.#options.writablePaths);
    const name = directoryOf(container);
    const volumes = paths.map((path) => this.#volumes.of(path, isData(path, known)));
    const source = notes.includes('knownPaths') ? sourceOf(known) : undefined;
    const make = () => changeOf(name, volumes, paths, notes, source);
    return chosenChanges.of(keyOf(name, volumes, paths, notes, source), make, deepFreeze);
  }
}

/** What becomes of a container of whose image no paths are known, as of nearly all, and that itself has nothing where it
 *  is to be able to write. */
interface Usual {
  /** What the policy asks for, normalized. */
  readonly paths: readonly string[];
  readonly volumes: readonly Volume[];
  /** By the name of the container. */
  readonly changes: Memo<PathsChange>;
}

/** By the volumes for what the policy asks for, which are those of the whole pod. */
const usuals = new Memo<Usual>(10);
/** Of pods in which the names of all these volumes are free. */
const plainUsuals = new WeakMap<Options, Usual>();

const chosenChanges = new Memo<PathsChange>(1000);

function hasKnownPaths({ writablePaths, dataPaths, neverMount }: Known): boolean {
  return writablePaths.length + dataPaths.length + neverMount.length > 0;
}

/** Name of the container's directory in each volume. A longer name is none (a DNS label), and would come again with each
 *  of the mounts.
 *  @throws TypeError for what is no text: what is made of a misshapen pod must not be kept for others */
function directoryOf({ name }: Container): string {
  if (typeof name !== 'string') throw new TypeError(`name: expected a text, found ${typeof name}`);
  return name.length > maxNameLength ? detach(name.slice(0, maxNameLength)) : name;
}

/** Whether the container has nothing of its own on those paths, or above them, and its program does not lie below. */
function leavesFree(container: Container, paths: readonly string[]): boolean {
  const { volumeMounts, volumeDevices, terminationMessagePath: message } = container;
  if (volumeMounts != null)
    for (const { mountPath } of volumeMounts) if (takesOne(mountPath, paths)) return false;
  if (volumeDevices != null)
    for (const { devicePath } of volumeDevices) if (takesOne(devicePath, paths)) return false;
  if (message != null && message !== '' && takesOne(message, paths)) return false;
  const program = programPath(container);
  return program === undefined || !paths.some((path) => isWithin(program, path));
}

function takesOne(own: string, paths: readonly string[]): boolean {
  const taken = normalizePath(own);
  for (const path of paths) if (isWithin(path, taken)) return true;
  return false;
}

/** No two changes have the same. */
function keyOf(
  container: string,
  volumes: readonly Volume[],
  paths: readonly string[],
  notes: readonly Note[],
  source: string | undefined,
): string {
  let key = `${container.length} ${container}`;
  for (const [index, path] of paths.entries()) {
    const volume = volumes[index];
    key += ` ${volume?.name} ${volume?.emptyDir?.sizeLimit} ${path.length} ${path}`;
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
  return change<Container, Note>(readOnly, { own: { volumeMounts }, volumes, ...more });
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
