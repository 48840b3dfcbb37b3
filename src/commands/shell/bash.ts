import { allCommands, type CommandTree, type Flag, type Value } from './commandTree.js';

/** A script that has bash complete the commands. */
export function bashCompletion(program: CommandTree): string {
  const commands = allCommands(program);
  return `# Completion of podtemper for bash. To load it: source <(podtemper completion bash)
_podtemper() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command='' words='' paths='' word
  # --flag=value comes as three words.
  if [[ $current == '=' ]]; then current=''; elif [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "$command/$word" in
      ${commands
        .slice(1)
        .map(({ path }) => `/${path.join('/')}`)
        .join(' | ')}) command="$command/$word" ;;
    esac
  done
  case "$command $before" in
${commands.flatMap(valueCases).join('\n')}
  *)
    case "$command" in
${commands.map(commandCase).join('\n')}
    esac
    ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [[ $paths ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _podtemper podtemper
`;
}

/** What follows a flag that takes a value. */
function valueCases({ path, flags }: CommandTree): string[] {
  return flags.flatMap(({ short, long, value }) => {
    if (value === undefined) return [];
    const patterns = [short, long].filter((name) => name !== undefined);
    const quoted = patterns.map((name) => `'${spell(path)} ${name}'`);
    return [`  ${quoted.join(' | ')}) ${wordsOf(value)} ;;`];
  });
}

function spell(path: readonly string[]): string {
  return path.map((name) => `/${name}`).join('');
}

function wordsOf({ words, isPath }: Value): string {
  return isPath ? 'paths=yes' : `words='${words.join(' ')}'`;
}

/** What else may stand there: a flag, where one was begun, or a command, or an argument. */
function commandCase({ path, flags, commands, argument }: CommandTree): string {
  const names = flags.flatMap(({ short, long }: Flag) => (short === undefined ? [long] : [short, long]));
  const inner = commands.map((command) => command.path.at(-1) ?? '');
  const other = argument === undefined || inner.length > 0 ? `words='${inner.join(' ')}'` : wordsOf(argument);
  return `    '${spell(path)}') if [[ $current == -* ]]; then words='${names.join(' ')}'; else ${other}; fi ;;`;
}
