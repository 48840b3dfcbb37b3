import { Argument, Command } from 'commander';
import { bashCompletion } from './shell/bash.js';
import { describeCommands } from './shell/commandTree.js';
import { fishCompletion } from './shell/fish.js';
import { zshCompletion } from './shell/zsh.js';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `podtemper completion SHELL`: what has the shell complete commands, flags and their values. */
export function completionCommand(
  program: Command,
  stdout: { write(text: string): unknown } = process.stdout,
): Command {
  return new Command('completion')
    .summary('print what has a shell complete commands and flags')
    .description(
      'Prints a script that has the shell complete commands, flags and their values. Load it with ' +
        'source <(podtemper completion bash), likewise for zsh, or podtemper completion fish | source.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => void stdout.write(shells[shell](describeCommands(program))));
}
