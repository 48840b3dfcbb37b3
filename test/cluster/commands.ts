import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** How a command ended. A command ended by a signal has code -1 and says so at the end of `stderr`. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is empty otherwise. */
  input?: string;
  /** The whole environment; that of this process if left out. */
  env?: NodeJS.ProcessEnv;
  directory?: string;
}

/** Runs a command to its end, without a shell.
 *  @throws Error when it cannot be started; a command that fails is a result, not an error */
export function runCommand(
  command: string,
  args: readonly string[],
  { input = '', env, directory }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: env ?? process.env, cwd: directory });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === null) output.stderr += `\n${command} was ended by ${signal ?? 'an unknown signal'}`;
      resolve({ code: code ?? -1, ...output });
    });
    // A command that ends without reading its input is judged by its exit code, not by EPIPE.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Standard output of a command that must succeed.
 *  @throws Error with the last lines of its output, when it does not */
export async function commandOutput(command: string, args: readonly string[], options?: CommandOptions) {
  const { code, stdout, stderr } = await runCommand(command, args, options);
  if (code === 0) return stdout;
  const lastLines = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`${command} ${args.join(' ')}: expected exit code 0, found ${code}:\n${lastLines}`);
}

/** Whether the path is a file that may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // what cannot be looked at cannot be run either
  }
}

/** First executable of that name in the folders of PATH. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** Path of a command that has to be installed on this machine.
 *  @throws Error that says what needs it and what to install */
export async function requireOnPath(name: string, purpose: string, remedy: string): Promise<string> {
  const path = await findOnPath(name);
  if (path) return path;
  throw new Error(`${purpose}: expected \`${name}\` on PATH, found none. ${remedy}`);
}
