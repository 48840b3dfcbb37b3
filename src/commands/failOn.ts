import { InvalidArgumentError, Option } from 'commander';
import { count } from '../outputs/words.js';
import { remarksOf } from '../outputs/remarks.js';
import { resultsOf } from '../outputs/results.js';
import type { Preview } from '../preview/preview.js';

/** What a pipeline may not want to pass, each with how many there are of it, in words. */
const tests = {
  change: (shown: Preview) => {
    const items = resultsOf(shown).flatMap(({ finding, item }) =>
      finding.decision.kind === 'change' ? [item] : [],
    );
    return [new Set(items).size, 'object', 'that hardening would add to'] as const;
  },
  warning: (shown: Preview) => {
    const left = [...resultsOf(shown), ...remarksOf(shown)].filter(({ level }) => level !== 'note');
    return [left.length + shown.warnings.length, 'warning', 'in the manifests'] as const;
  },
  finding: (shown: Preview) => {
    const flags = resultsOf(shown).filter(({ finding }) => finding.decision.kind === 'flag');
    return [flags.length, 'finding', 'that no patch can mend'] as const;
  },
  refused: (shown: Preview) => {
    const refused = [...resultsOf(shown), ...remarksOf(shown)].flatMap(({ level, item }) =>
      level === 'error' ? [item] : [],
    );
    return [new Set(refused).size, 'object', 'whose pods will be refused'] as const;
  },
  'below-restricted': (shown: Preview) => {
    const below = shown.items.filter(
      ({ standing }) => standing !== undefined && standing.after !== 'restricted',
    );
    return [below.length, 'object', 'below the level restricted'] as const;
  },
} as const;

export type FailOn = keyof typeof tests;

/** All that `--fail-on` takes. */
const failOnChoices = Object.keys(tests) as FailOn[];

/** What is meant by each, for the help. */
const failOnHelp =
  'end with 1 where hardening adds something (change), where there is something to look at (warning) or that no ' +
  'patch can mend (finding), where pods will be refused (refused), or where an object does not reach the level restricted ' +
  '(below-restricted); can be given again';

/** The flag, which can be given again. */
export function failOnOption(): Option {
  return new Option('--fail-on <what>', failOnHelp).choices(failOnChoices).argParser(collect);
}

function collect(one: string, before: FailOn[] = []): FailOn[] {
  const known = failOnChoices.find((choice) => choice === one);
  if (known === undefined) throw new InvalidArgumentError(`Allowed choices are ${failOnChoices.join(', ')}.`);
  return [...before, known];
}

/** Why the program is to fail, one line for each that is the case. */
export function reasonsToFail(wanted: readonly FailOn[], shown: Preview): string[] {
  return wanted.flatMap((one) => {
    const [number, noun, what] = tests[one](shown);
    return number === 0 ? [] : [`--fail-on ${one}: ${count(number, noun)} ${what}`];
  });
}
