import { previewCommand } from '../../src/commands/preview.js';
import type { Streams } from '../../src/commands/streams.js';

/** What the command has printed, and what the process would end with. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: Streams['exitCode'];
}

interface Terminal {
  readonly stdin?: string | readonly Uint8Array[];
  /** Whether standard input is a terminal, on which nobody types. */
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether the error stream is a terminal. */
  readonly showsProgress?: boolean;
  /** Whether standard output is a terminal with colours. */
  readonly hasColors?: boolean;
}

/** Runs `podtemper preview` with these words.
 *  @throws InputError, CommanderError for wrong usage */
export async function runPreview(
  words: readonly string[],
  { stdin = '', isTTY = false, columns, hasColors, showsProgress = false }: Terminal = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const input: readonly (string | Uint8Array)[] = typeof stdin === 'string' ? [stdin] : stdin;
  const streams: Streams = {
    stdin: { isTTY, [Symbol.asyncIterator]: () => chunks(input) },
    stdout: {
      write: (text) => (written.stdout += text),
      ...(columns !== undefined && { columns }),
      ...(hasColors !== undefined && { hasColors: () => hasColors }),
    },
    stderr: { write: (text) => (written.stderr += text), isTTY: showsProgress },
  };
  const silent = { writeOut: () => undefined, writeErr: () => undefined };
  await previewCommand(streams).exitOverride().configureOutput(silent).parseAsync(words, { from: 'user' });
  return { ...written, exitCode: streams.exitCode };
}

async function* chunks<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
