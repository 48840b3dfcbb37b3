import type { KnownImage } from '../controls/kit/context.js';
import { imageRecords } from '../images/index.js';
import type { ImageFacts, ImageRecord } from '../images/record.js';
import { fullRepository, type ImageReference } from './imageReference.js';
import { type CompiledRecord, compileRecord } from './imageVariants.js';

const byRepository: ReadonlyMap<string, CompiledRecord> = new Map(
  imageRecords.flatMap((record) => {
    const compiled = compileRecord(record);
    return record.repositories.map((repository) => [repository, compiled] as const);
  }),
);

/** The record for a repository: its own, or else its folder's. */
function recordOf(repository: string): CompiledRecord | undefined {
  const folder = repository.slice(0, repository.lastIndexOf('/'));
  return byRepository.get(repository) ?? byRepository.get(`${folder}/*`);
}

const found = new WeakMap<ImageFacts, Map<string, KnownImage>>();

/** What the catalogue knows of an image, undefined where nothing. */
export function findKnownImage({ repository, tag }: ImageReference): KnownImage | undefined {
  const compiled = recordOf(repository);
  if (compiled === undefined) return undefined;
  const facts =
    tag === undefined ? compiled.untagged : compiled.variants.find(({ isFor }) => isFor(tag))?.facts;
  return facts === undefined ? undefined : nameFound(repository, compiled.record, facts);
}

/** Whether the catalogue has a record for the repository, for whatever tags. */
export function hasRecord(repository: string): boolean {
  return recordOf(repository) !== undefined;
}

/** The same object whenever the same image is found, so that what follows from it can be kept. */
function nameFound(
  repository: string,
  { repositories, sources }: ImageRecord,
  facts: ImageFacts,
): KnownImage {
  const [first] = repositories;
  const name = first.endsWith('/*') ? repository : first;
  let names = found.get(facts);
  if (names === undefined) found.set(facts, (names = new Map()));
  let image = names.get(name);
  if (image === undefined) {
    image = { repository: name, facts, sources };
    if (names.size < maxNames) names.set(name, image);
  }
  return image;
}

/** Images of one folder that are kept. */
const maxNames = 100;

/** The image that a mirror holds a copy of. Below a mirror stand the repositories of Docker Hub, or those of another
 *  registry where the path names its host. */
export function withoutMirror(image: ImageReference, mirrors: readonly string[]): ImageReference {
  const mirror = mirrors.find((prefix) => image.repository.startsWith(`${prefix}/`));
  if (mirror === undefined) return image;
  return { ...image, repository: fullRepository(image.repository.slice(mirror.length + 1)) };
}
