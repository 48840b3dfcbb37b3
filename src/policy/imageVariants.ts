import type { ImageFacts, ImageRecord, ImageVariant } from '../images/record.js';
import { compileWildcards } from './wildcards.js';

/** A record that can be asked for a tag. */
export interface CompiledRecord {
  readonly variants: readonly { readonly isFor: (tag: string) => boolean; readonly facts: ImageFacts }[];
  /** What holds whichever tag it is. */
  readonly untagged: ImageFacts | undefined;
  readonly record: ImageRecord;
}

/** A record, ready to be asked for a tag. */
export function compileRecord(record: ImageRecord): CompiledRecord {
  return {
    record,
    variants: record.variants.map((variant) => {
      const { tags: _tags, except: _except, from: _from, ...facts } = variant;
      return { isFor: compileVariant(variant), facts };
    }),
    untagged: untaggedFacts(record.variants),
  };
}

function compileVariant({ tags = ['*'], except = [], from }: ImageVariant): (tag: string) => boolean {
  const included = tags.map(compileWildcards);
  const excluded = except.map(compileWildcards);
  const lowest = from === undefined ? undefined : versionOf(from);
  return (tag) =>
    included.some((fits) => fits(tag)) &&
    !excluded.some((fits) => fits(tag)) &&
    (lowest === undefined || isAtLeast(versionOf(tag), lowest));
}

/** The numbers that a tag begins with: 1, 27 for `1.27-alpine`, 2, 4 for `v2.4`; none for `latest`. */
function versionOf(tag: string): number[] | undefined {
  return /^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1]?.split('.').map(Number);
}

/** A tag without a version is taken for the newest; one with fewer numbers for the newest of its line. */
function isAtLeast(version: readonly number[] | undefined, lowest: readonly number[]): boolean {
  if (version === undefined) return true;
  for (const [index, number] of lowest.entries()) {
    const own = version[index];
    if (own === undefined || own > number) return true;
    if (own < number) return false;
  }
  return true;
}

/** What holds whichever variant a digest is of, undefined where each is for some tags only. Where the user is not the
 *  same for all, none is set: the image would find its files closed to it. */
function untaggedFacts(variants: readonly ImageVariant[]): ImageFacts | undefined {
  const last = variants.at(-1);
  if (last === undefined || last.tags !== undefined) return undefined;
  const { tags: _tags, except, from: _from, ...facts } = last;
  if (variants.length === 1 && except === undefined) return facts;
  const { runAsUser, runAsGroup, fsGroup, ...rest } = facts;
  const isShared = except === undefined && variants.every((variant) => variant.runAsUser === runAsUser);
  const isSharedGroup = variants.every((variant) => variant.runAsGroup === runAsGroup);
  const user = {
    ...(runAsUser !== undefined && { runAsUser }),
    ...(isSharedGroup && runAsGroup !== undefined && { runAsGroup }),
    ...(fsGroup !== undefined && { fsGroup }),
  };
  return {
    ...rest,
    ...unionOfLists(variants),
    ...(isShared ? user : { stepsDown: true }),
    cannot: {
      ...(!isShared && { runAsNonRoot: 'its user depends on the tag, and there is only a digest' }),
      ...Object.assign({}, ...variants.map(({ cannot }) => cannot)),
    },
  };
}

const lists = ['writablePaths', 'dataPaths', 'neverMount', 'keepCapabilities', 'lowPorts'] as const;

function unionOfLists(variants: readonly ImageVariant[]): ImageFacts {
  const unions = lists.flatMap((key) => {
    const items = new Set(variants.flatMap((variant): readonly unknown[] => variant[key] ?? []));
    return items.size === 0 ? [] : [[key, [...items]]];
  });
  return Object.fromEntries(unions) as ImageFacts;
}
