import { allCommands, type CommandTree, type Flag, type Value } from './commandTree.js';

/** A script that has fish complete the commands. */
export function fishCompletion(program: CommandTree): string {
  return [
    '# Completion of podtemper for fish. To load it: podtemper completion fish | source',
    'complete -c podtemper -f',
    ...allCommands(program).flatMap(linesOf),
    '',
  ].join('\n');
}

function linesOf(command: CommandTree): string[] {
  const { flags, commands, argument } = command;
  const when = conditionOf(command);
  const inner = commands.map(
    ({ path, summary }) => `complete -c podtemper ${when} -a ${path.at(-1) ?? ''} -d ${quote(summary)}`,
  );
  const own =
    argument === undefined || commands.length > 0
      ? []
      : [`complete -c podtemper ${when} ${wordsOf(argument)}`];
  return [...inner, ...own, ...flags.map((flag) => `complete -c podtemper ${when} ${flagOf(flag)}`)];
}

/** Where the command was named, and none below it. */
function conditionOf({ path, commands }: CommandTree): string {
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const names = commands.map((command) => command.path.at(-1) ?? '');
  const unseen = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(' ')}`];
  return `-n ${quote([...seen, ...unseen].join('; and '))}`;
}

function flagOf({ short, long, description, value }: Flag): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  return `${names}${value === undefined ? '' : ` -r ${wordsOf(value)}`} -d ${quote(description)}`;
}

function wordsOf({ words, isPath }: Value): string {
  return isPath ? '-F' : `-a ${quote(words.join(' '))}`;
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, String.raw`\$&`)}'`;
}
