import { Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { imageRecords } from '../images/index.js';
import type { ImageRecord, ImageVariant } from '../images/record.js';
import { renderKnownImage, spellFacts } from '../outputs/knownImages.js';
import { parseImage } from '../policy/imageReference.js';
import { findKnownImage, hasRecord } from '../policy/knownImages.js';
import { didYouMean } from '../policy/nearest.js';

/** `podtemper images [NAME]`: the shipped catalogue of images, or what is known of one. */
export function imagesCommand(stdout: { write(text: string): unknown } = process.stdout): Command {
  return new Command('images')
    .summary('list the images that are known, or tell what is known of one')
    .description(
      'The shipped catalogue of public images: the user each expects, what it writes to, what it cannot run under, ' +
        'and where that was read. A policy says more of images (images), or that none of this counts ' +
        '(imageCatalogue).',
    )
    .argument('[name]', 'an image, as a pod spells it: nginx, postgres:17-alpine')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action((name: string | undefined, { output }: { output: string }) => {
      const isJson = output === 'json';
      const text = name === undefined ? listAll(isJson) : showOne(name, isJson);
      stdout.write(`${text}\n`);
    });
}

function listAll(isJson: boolean): string {
  if (isJson) return JSON.stringify(imageRecords, undefined, 2);
  const rows = imageRecords.flatMap(rowsOf);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)))
    .map(([name, facts]) => `${name.padEnd(width)}  ${facts}`)
    .join('\n');
}

/** A row for each repository and variant. */
function rowsOf({ repositories, variants }: ImageRecord): [name: string, facts: string][] {
  return repositories.flatMap((repository) =>
    variants.map((variant): [string, string] => [`${repository}${spellTags(variant)}`, spellFacts(variant)]),
  );
}

/** `:*alpine*`, ` from 2.4`. */
function spellTags({ tags, except, from }: ImageVariant): string {
  return [
    tags === undefined ? '' : `:${tags.join('|')}`,
    except === undefined ? '' : ` but ${except.join('|')}`,
    from === undefined ? '' : ` from ${from}`,
  ].join('');
}

function showOne(name: string, isJson: boolean): string {
  const { repository, tag } = parseImage(name);
  const image = findKnownImage({ repository, tag });
  if (image !== undefined) return isJson ? JSON.stringify(image, undefined, 2) : renderKnownImage(image);
  if (hasRecord(repository)) {
    throw new UsageError({
      where: 'images',
      expected: `a tag of ${repository} of which something is known`,
      found: tag === undefined ? 'a digest alone' : `"${tag}"`,
      advice: 'podtemper images lists them',
    });
  }
  const names = imageRecords.flatMap(({ repositories }) => repositories);
  const advice = didYouMean(repository, names) ?? 'podtemper images lists them';
  throw new UsageError({ where: 'images', expected: 'a known image', found: `"${repository}"`, advice });
}
