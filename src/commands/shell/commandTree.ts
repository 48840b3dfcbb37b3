import type { Argument, Command, Option } from 'commander';
import { guides } from '../../guides/index.js';
import { imageRecords } from '../../images/index.js';
import { controlIds } from '../../policy/catalogue.js';

/** What may stand in a place of the command line. */
export interface Value {
  readonly name: string;
  /** All words that may stand there, or none where it is anything. */
  readonly words: readonly string[];
  readonly isPath: boolean;
}

export interface Flag {
  /** `-o`, where it has one. */
  readonly short: string | undefined;
  /** `--output` */
  readonly long: string;
  readonly description: string;
  /** As help spells it: `-o, --output <format>`. */
  readonly spelling: string;
  readonly value: Value | undefined;
  /** The variable that gives it as well. */
  readonly variable: string | undefined;
  /** What holds without it, in words. */
  readonly preset: string | undefined;
}

/** A command, as shells and manuals see it. */
export interface CommandTree {
  /** Names of the commands above and its own, without the program's: `policy`, `check`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** As help spells it: `[options] [file...]`. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  readonly argument: Value | undefined;
  readonly commands: readonly CommandTree[];
}

/** Words that stand for something, in an argument of a command or in a flag's value, by its name. */
const knownWords: Readonly<Record<string, () => readonly string[]>> = {
  controls: () => controlIds,
  '--explain': () => controlIds,
  '--guide': () => guides.map(({ id }) => id),
  images: () => imageNames(),
};

/** Patterns left out. */
function imageNames(): string[] {
  const repositories = imageRecords.flatMap((record) => record.repositories);
  return repositories
    .filter((repository) => !repository.includes('*'))
    .map(shortName)
    .toSorted();
}

/** `nginx` for `docker.io/library/nginx`, as people write it. */
function shortName(repository: string): string {
  return repository.replace(/^docker\.io\/(?:library\/)?/, '');
}

/** All commands of the program, with all that can be said of them. */
export function describeCommands(program: Command): CommandTree {
  return describeCommand(program, []);
}

function describeCommand(command: Command, path: readonly string[]): CommandTree {
  const [argument] = command.registeredArguments;
  return {
    path,
    summary: command.summary(),
    description: command.description(),
    usage: command.usage(),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(describeFlag), help],
    argument: argument && describeArgument(argument, command.name()),
    commands: command.commands.map((inner) => describeCommand(inner, [...path, inner.name()])),
  };
}

const help: Flag = {
  short: '-h',
  long: '--help',
  description: 'display help for command',
  spelling: '-h, --help',
  value: undefined,
  variable: undefined,
  preset: undefined,
};

function describeFlag(option: Option): Flag {
  const { short, long = '', flags, description, envVar, argChoices, required, optional } = option;
  const [, name = ''] = /[<[]([^>\].]+)/.exec(flags) ?? [];
  return {
    short,
    long,
    description,
    spelling: flags,
    value:
      required || optional
        ? { name, words: argChoices ?? knownWords[long]?.() ?? [], isPath: isPath(name) }
        : undefined,
    variable: envVar,
    preset: presetOf(option),
  };
}

function presetOf({ defaultValue, defaultValueDescription, negate }: Option): string | undefined {
  if (defaultValue === undefined || negate) return undefined;
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return Array.isArray(defaultValue) ? defaultValue.join(' ') : String(defaultValue);
}

function describeArgument(argument: Argument, command: string): Value {
  const name = argument.name();
  const words = argument.argChoices ?? knownWords[command]?.() ?? [];
  return { name, words, isPath: isPath(name) };
}

function isPath(name: string): boolean {
  return ['file', 'path', 'dir'].includes(name);
}

/** The command itself and all below it. */
export function allCommands(tree: CommandTree): CommandTree[] {
  return [tree, ...tree.commands.flatMap(allCommands)];
}
