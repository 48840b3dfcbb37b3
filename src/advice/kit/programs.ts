import { baseName, simpleCommands } from '../../controls/kit/shell.js';
import { parseImage } from '../../policy/imageReference.js';
import type { Container } from '../../kubernetes.js';

/** A command that a container runs, as far as the pod says. */
export interface Invocation {
  /** Its name without the folder. */
  readonly name: string;
  readonly words: readonly string[];
  /** `command`, `args` or `lifecycle.postStart.exec.command`. */
  readonly field: string;
}

/** The commands in `command`, `args` and the postStart hook, those of scripts among them. */
export function invocationsOf({ command, args, lifecycle }: Container): Invocation[] {
  const own = [...(command ?? []), ...(args ?? [])];
  const field = command == null || command.length === 0 ? 'args' : 'command';
  return [
    ...namesIn(own, field),
    ...namesIn(lifecycle?.postStart?.exec?.command ?? [], 'lifecycle.postStart.exec.command'),
  ];
}

function namesIn(words: readonly string[], field: string): Invocation[] {
  const isTold = field !== 'args' || /^(?:[a-z]|\/)/.test(words[0] ?? '');
  // Arguments that begin with an option are for an entrypoint that only the image knows.
  if (words.length === 0 || !isTold) return [];
  return simpleCommands(words).map((command) => ({
    name: baseName(command[0] ?? ''),
    words: command,
    field,
  }));
}

/** All text that a container's commands consist of, for words that stand before others, such as sudo. */
export function commandTextOf({ command, args }: Container): string {
  return [...(command ?? []), ...(args ?? [])].join('\n');
}

/** The last part of an image's name, without tag: `kafka` of `registry.example.com/team/kafka:4`. */
export function imageNameOf({ image }: Container): string {
  return image == null ? '' : baseName(parseImage(image).repository);
}
