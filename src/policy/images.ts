import type { Known } from '../controls/kit/define.js';
import type { ImageEntry } from './schema.js';

/** An image reference taken apart; `repository` is spelt in full. */
interface ImageReference {
  readonly repository: string;
  readonly tag: string;
}

/** `nginx` is `docker.io/library/nginx`, `grafana/grafana` is `docker.io/grafana/grafana`
 *  (distribution/reference, familiar names). */
export function parseImage(image: string): ImageReference {
  const withoutDigest = image.split('@', 1)[0] ?? '';
  const colon = withoutDigest.lastIndexOf(':');
  const hasTag = colon > withoutDigest.lastIndexOf('/');
  const name = hasTag ? withoutDigest.slice(0, colon) : withoutDigest;
  const tag = hasTag ? withoutDigest.slice(colon + 1) : 'latest';
  return { repository: fullRepository(name), tag };
}

const officialHosts = /^(?:index\.)?docker\.io\//;

function fullRepository(name: string): string {
  const bare = name.replace(officialHosts, '');
  if (bare === name && hasHost(name)) return name;
  return `docker.io/${bare.includes('/') ? bare : `library/${bare}`}`;
}

function hasHost(name: string): boolean {
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
}

/** Nothing known: the container is hardened by the policy's defaults. */
export const nothingKnown: Known = {
  runAsUser: undefined,
  fsGroup: undefined,
  writablePaths: [],
  neverMount: [],
  keepCapabilities: [],
  cannot: [],
};

/** Images remembered at most, so that a stream of made-up names cannot fill the memory. */
const maxRemembered = 2000;

/** Looks up what a policy knows of an image: the first entry that matches counts. */
export class ImageCatalogue {
  readonly #entries: readonly { matches: (image: ImageReference) => boolean; known: Known }[];
  readonly #remembered = new Map<string, Known>();

  constructor(entries: readonly ImageEntry[]) {
    this.#entries = entries.map((entry) => ({
      matches: compile(entry),
      known: { ...nothingKnown, ...knownOf(entry) },
    }));
  }

  of(image: string | undefined): Known {
    if (image == null || this.#entries.length === 0) return nothingKnown;
    let known = this.#remembered.get(image);
    if (known === undefined) {
      const reference = parseImage(image);
      known = this.#entries.find(({ matches }) => matches(reference))?.known ?? nothingKnown;
      if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
      this.#remembered.set(image, known);
    }
    return known;
  }
}

function knownOf({
  runAsUser,
  fsGroup,
  writablePaths,
  neverMount,
  keepCapabilities,
  cannot,
}: ImageEntry): Known {
  return { runAsUser, fsGroup, writablePaths, neverMount, keepCapabilities, cannot };
}

function compile({ match, tags }: ImageEntry): (image: ImageReference) => boolean {
  const repository = glob(match.includes('*') ? match : fullRepository(match));
  const patterns = tags?.map(glob);
  return (image) =>
    repository.test(image.repository) &&
    (patterns === undefined || patterns.some((pattern) => pattern.test(image.tag)));
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
  return new RegExp(`^${source}$`);
}
