import { UsageError } from '../errors.js';
import { guides } from '../guides/index.js';
import { didYouMean } from '../policy/nearest.js';

const names = guides.map(({ id }) => id);

export const guideHelp = `the items of a security guide instead, satisfied or not: ${names.join(', ')}`;

interface GuideFlags {
  readonly output: string;
  readonly write?: boolean;
  readonly guide?: string | true;
}

/** Paths and flags with the name of the guide that was meant. `--guide web.yaml` is no name of one, but a file: it would
 *  be a trap if the flag took it.
 *  @throws UsageError where the guide cannot be shown in that way */
export function withGuide<Flags extends GuideFlags>(
  paths: readonly string[],
  flags: Flags,
): [paths: readonly string[], flags: Flags] {
  const { guide, output, write } = flags;
  if (guide === undefined) return [paths, flags];
  if (write === true || !['text', 'json'].includes(output)) {
    const found = write === true ? '--write' : `--output ${output}`;
    throw new UsageError({ where: '--guide', expected: 'the output text or json', found });
  }
  const [standard = ''] = names;
  if (guide === true) return [paths, { ...flags, guide: standard }];
  const isName = names.includes(guide) || didYouMean(guide, names) !== undefined;
  return isName ? [paths, flags] : [[guide, ...paths], { ...flags, guide: standard }];
}
