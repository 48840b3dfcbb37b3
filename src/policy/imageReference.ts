/** An image reference taken apart; `repository` is spelt in full. */
export interface ImageReference {
  readonly repository: string;
  /** Undefined where only a digest is given. */
  readonly tag: string | undefined;
}

/** `nginx` is `docker.io/library/nginx`, `grafana/grafana` is `docker.io/grafana/grafana`
 *  (distribution/reference, familiar names). */
export function parseImage(image: string): ImageReference {
  const withoutDigest = image.split('@', 1)[0] ?? '';
  const colon = withoutDigest.lastIndexOf(':');
  const hasTag = colon > withoutDigest.lastIndexOf('/');
  const name = hasTag ? withoutDigest.slice(0, colon) : withoutDigest;
  const untagged = withoutDigest === image ? 'latest' : undefined;
  return { repository: fullRepository(name), tag: hasTag ? withoutDigest.slice(colon + 1) : untagged };
}

/** Docker Hub's names for itself. */
export const officialHosts = /^(?:index\.)?docker\.io\//;

/** A repository's name in full, as a runtime completes it. */
export function fullRepository(name: string): string {
  const bare = name.replace(officialHosts, '');
  if (bare === name && hasHost(name)) return name;
  return `docker.io/${bare.includes('/') ? bare : `library/${bare}`}`;
}

function hasHost(name: string): boolean {
  const [first = ''] = name.split('/', 1);
  return first !== name && (first.includes('.') || first.includes(':') || first === 'localhost');
}
