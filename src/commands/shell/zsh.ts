import { allCommands, type CommandTree, type Flag, type Value } from './commandTree.js';

/** A script that has zsh complete the commands. */
export function zshCompletion(program: CommandTree): string {
  return `#compdef podtemper
# Completion of podtemper for zsh. To load it: source <(podtemper completion zsh)
${allCommands(program).toReversed().map(functionOf).join('\n')}
if [ "$funcstack[1]" = _podtemper ]; then _podtemper "$@"; else compdef _podtemper podtemper; fi
`;
}

function functionOf(command: CommandTree): string {
  return command.commands.length > 0 ? branch(command) : leaf(command);
}

/** `_podtemper_policy_check` */
function nameOf({ path }: CommandTree): string {
  return ['_podtemper', ...path].join('_');
}

function branch(command: CommandTree): string {
  const { flags, commands } = command;
  const rows = commands.map((inner) => `'${escape(`${inner.path.at(-1) ?? ''}:${inner.summary}`)}'`);
  const cases = commands.map((inner) => `    ${inner.path.at(-1) ?? ''}) ${nameOf(inner)} ;;`);
  return `${nameOf(command)}() {
  local -a commands=(${rows.join(' ')})
  if ((CURRENT == 2)); then
    if [[ $PREFIX == -* ]]; then _arguments ${flags.map(specOf).join(' ')}; else _describe command commands; fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}`;
}

function leaf(command: CommandTree): string {
  const { flags, argument } = command;
  const specs = flags.map(specOf);
  if (argument !== undefined) specs.push(`'*${valueOf(argument)}'`);
  return `${nameOf(command)}() { _arguments ${specs.join(' ')}; }`;
}

/** `'*'{-o,--output}'[what to print]:format:(text diff)'`: a flag may be given again. */
function specOf({ short, long, description, value }: Flag): string {
  const names = short === undefined ? `'*${long}` : `'*'{${short},${long}}'`;
  const about = escape(description).replace(/[[\]]/g, String.raw`\$&`);
  return `${names}[${about}]${value === undefined ? '' : valueOf(value)}'`;
}

function valueOf({ name, words, isPath }: Value): string {
  return `:${name.replace(/\W/g, ' ')}:${isPath ? '_files' : `(${words.join(' ')})`}`;
}

/** As text in single quotes. */
function escape(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}
