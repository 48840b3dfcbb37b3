import { Command, Option } from 'commander';
import * as z from 'zod';
import { UsageError } from '../errors.js';
import { catalogue, controlIds } from '../policy/catalogue.js';
import { didYouMean } from '../policy/nearest.js';

/** The catalogue as data: what each control does, why, what it may break. */
export function catalogueOf() {
  return [...catalogue.values()].map(({ docs, options, bind: _bind, ...rest }) =>
    Object.assign({}, rest, docs, { options: z.toJSONSchema(options, { io: 'input' }) }),
  );
}

/** `podtemper controls [ID]`: the catalogue, or one control in full. */
export function controlsCommand(): Command {
  return new Command('controls')
    .summary('list the controls, or explain one')
    .description('The catalogue: what each control does, why, what it may break, its options and its source.')
    .argument('[id]', 'a control')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action((id: string | undefined, { output }: { output: string }) => {
      const chosen = id === undefined ? catalogueOf() : [entryOf(id, 'controls')];
      const text =
        output === 'json' ? JSON.stringify(chosen, undefined, 2) : render(chosen, id !== undefined);
      process.stdout.write(`${text}\n`);
    });
}

type Entry = ReturnType<typeof catalogueOf>[number];

function entryOf(id: string, where: string): Entry {
  const entry = catalogueOf().find((control) => control.id === id);
  if (entry !== undefined) return entry;
  const advice = didYouMean(id, controlIds) ?? `there is ${controlIds.join(', ')}`;
  throw new UsageError({ where, expected: 'the id of a control', found: `"${id}"`, advice });
}

/** All about one control, as text. `where` is what asked for it.
 *  @throws UsageError where there is none of that id */
export function explainControl(id: string, where: string): string {
  return `${renderFull(entryOf(id, where))}\n`;
}

function render(entries: readonly Entry[], isFull: boolean): string {
  if (!isFull) {
    const width = Math.max(...entries.map(({ id }) => id.length));
    return entries
      .map(({ id, defaultMode, summary }) => `${id.padEnd(width)}  ${defaultMode.padEnd(7)}  ${summary}`)
      .join('\n');
  }
  return entries.map(renderFull).join('\n\n');
}

function renderFull(entry: Entry): string {
  const { id, level, defaultMode, summary, why, mayBreak, remedy, source, writes, removes, skips, flags } =
    entry;
  const isOnlyTold = Object.keys(flags).length > 0;
  const reasons = isOnlyTold
    ? Object.entries(flags).map(([code, { severity, means }]) => `  ${code} (${severity}): ${means}`)
    : Object.entries(skips).map(([code, sentence]) => `  ${code}: ${sentence}`);
  return [
    `${id} (${level}, ${defaultMode} by default)`,
    summary,
    '',
    `Why        ${why}`,
    `May break  ${mayBreak}`,
    ...(remedy === undefined ? [] : [`${isOnlyTold ? 'To mend ' : 'To avoid'}   ${remedy}`]),
    `Opt out    podtemper.io/opt-out: ${id}`,
    ...(isOnlyTold ? [] : [`Writes     ${writes.join(', ')}`]),
    ...(removes === undefined
      ? []
      : [`Takes out  ${removes.join(', ')}: what the API server put in by itself`]),
    `Source     ${source}`,
    '',
    isOnlyTold ? 'Finds' : 'Left alone where',
    ...reasons,
  ].join('\n');
}
