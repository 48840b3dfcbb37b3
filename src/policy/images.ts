import type { Known, KnownFact, KnownImage } from '../controls/kit/context.js';
import { Memo } from '../memo.js';
import { fullRepository, type ImageReference, officialHosts, parseImage } from './imageReference.js';
import { findKnownImage, withoutMirror } from './knownImages.js';
import type { ImageEntry, PolicyDocument } from './schema.js';
import { compileWildcards } from './wildcards.js';

/** Nothing known: the container is hardened by the policy's defaults. */
export const nothingKnown: Known = {
  runAsUser: undefined,
  fsGroup: undefined,
  writablePaths: [],
  dataPaths: [],
  neverMount: [],
  keepCapabilities: [],
  lowPorts: [],
  stepsDown: false,
  cannot: {},
  sources: {},
  image: undefined,
};

/** Images remembered at most, so that a stream of made-up names cannot fill the memory. */
const maxRemembered = 2000;

/** Longest reference that is looked up, in characters. A repository has 255 at most, a tag 128 and a digest 135
 *  (distribution/reference), so that nothing longer can be pulled. */
const maxReferenceLength = 1024;

/** Looks up what is known of an image: what the policy's first entry that matches says, and where that says nothing,
 *  the shipped catalogue. */
export class ImageCatalogue {
  readonly #entries: readonly { matches: (image: ImageReference) => boolean; entry: ImageEntry }[];
  readonly #mirrors: readonly string[];
  readonly #isEnabled: boolean;
  readonly #source: string;
  readonly #remembered = new Memo<Known>(maxRemembered);

  constructor({ metadata, spec }: PolicyDocument) {
    this.#entries = spec.images.map((entry) => ({ matches: compile(entry), entry }));
    // The innermost first: a mirror may be a folder of another.
    this.#mirrors = spec.imageCatalogue.mirrors.toSorted((one, other) => other.length - one.length);
    this.#isEnabled = spec.imageCatalogue.enabled;
    this.#source = `images of policy ${metadata.name}`;
  }

  of(image: string | undefined): Known {
    if (image == null || image.length > maxReferenceLength) return nothingKnown;
    return this.#remembered.of(image, this.#lookUp);
  }

  readonly #lookUp = (image: string): Known => {
    const reference = parseImage(image);
    const entry = this.#entries.find(({ matches }) => matches(reference))?.entry;
    const found = this.#isEnabled ? findKnownImage(withoutMirror(reference, this.#mirrors)) : undefined;
    const base = found === undefined ? nothingKnown : knownOf(found);
    return entry === undefined ? base : override(base, entry, this.#source);
  };
}

const knownByImage = new WeakMap<KnownImage, Known>();

/** Worked out once for all pods and policies. */
function knownOf(found: KnownImage): Known {
  let known = knownByImage.get(found);
  if (known === undefined) {
    const { facts, sources } = found;
    const { runAsUser, runAsGroup, fsGroup = runAsGroup, cannot, advice: _, ...rest } = facts;
    const [source] = sources;
    const told: Partial<Record<KnownFact, unknown>> = { ...rest, runAsUser, fsGroup };
    const from = Object.keys(told).filter((fact) => told[fact as KnownFact] !== undefined);
    known = {
      ...nothingKnown,
      ...rest,
      runAsUser,
      fsGroup,
      cannot: { ...cannot },
      sources: Object.fromEntries(from.map((fact) => [fact, source])),
      image: found,
    };
    knownByImage.set(found, known);
  }
  return known;
}

/** What a policy says beats what is known, field by field. */
function override(known: Known, entry: ImageEntry, source: string): Known {
  const { match: _match, tags: _tags, advice: _advice, cannot, ...said } = entry;
  const facts = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const ownUser = entry.runAsUser !== undefined;
  // Whoever names a user of their own means its group too, and knows that the image runs without root.
  const { runAsNonRoot: _, ...others } = known.cannot;
  return {
    ...known,
    ...(ownUser && { fsGroup: undefined, cannot: others }),
    ...facts,
    ...(cannot !== undefined && { cannot: Object.fromEntries(cannot.map((id) => [id, ''])) }),
    sources: { ...known.sources, ...Object.fromEntries(Object.keys(facts).map((fact) => [fact, source])) },
  };
}

function compile({ match, tags }: ImageEntry): (image: ImageReference) => boolean {
  const isRepository = compileWildcards(fullPattern(match));
  const tagPatterns = tags?.map(compileWildcards);
  return ({ repository, tag = 'latest' }) =>
    isRepository(repository) && (tagPatterns === undefined || tagPatterns.some((isTag) => isTag(tag)));
}

/** Patterns are spelt in full as references are: `nginx*` is `docker.io/library/nginx*`, and `team/*` is
 *  `docker.io/team/*`. Where a star stands for the host itself, there is nothing to add. */
function fullPattern(match: string): string {
  const bare = match.replace(officialHosts, '');
  const [first = ''] = bare.split('/', 1);
  const isOpen = first.includes('**') || (first.includes('*') && bare.includes('/'));
  if (!isOpen) return fullRepository(match);
  return bare === match ? match : `docker.io/${bare}`;
}
