import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { eventually } from '../certificates/waiting.js';
import type { Target } from './client.js';

/** The program under test: PODTEMPER_PROGRAM, else what `npm run build` has made, as `npm test` does first. */
export const program =
  process.env.PODTEMPER_PROGRAM ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const logLineSchema = z.looseObject({ time: z.string(), level: z.string(), msg: z.string() });
export type LogLine = z.infer<typeof logLineSchema>;

/** A process of the program. */
export interface Program {
  readonly child: ChildProcess;
  /** What it wrote to standard error so far. */
  readonly errors: () => string;
  /** Its log so far. @throws where a line is no JSON */
  readonly log: () => LogLine[];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** A process that serves, and where. */
export interface Serving extends Program, Target {
  readonly operationsUrl: string;
  /** Waits for a line of the log that was not there before. */
  readonly untilLogged: (msg: string, count?: number) => Promise<LogLine>;
}

interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Words before the command. */
  readonly wrapper?: readonly string[];
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

/** Ends every process that a test has left, and removes its files. */
export function cleanUp(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
process.on('exit', cleanUp);

/** A new folder that lasts until `cleanUp`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'podtemper-server-'));
  folders.push(folder);
  return folder;
}

/** Starts the program with these arguments. */
export function start(args: readonly string[], { env = {}, wrapper = [] }: StartOptions = {}): Program {
  const [command = '', ...rest] = [...wrapper, process.execPath, program, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of whoever runs the tests: neither flags nor a cluster.
    env: { PATH: process.env.PATH, ...env },
  });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  }
  const ended = new Promise<number | string>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    // Not `exit`: what it wrote may still be on its way.
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code ?? 'neither code nor signal');
    });
  });
  return { child, errors: () => texts.stderr, log: () => parseLog(texts.stdout), ended };
}

function parseLog(text: string): LogLine[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => logLineSchema.parse(JSON.parse(line)));
}

const anyPort = ['--admission-address=127.0.0.1:0', '--operations-address=127.0.0.1:0'];

/** Starts `serve` without a cluster on free ports, and waits until it listens. It trusts a certificate of its own
 *  unless the arguments name a folder, of which `ca` is then the authority. */
export async function serve(
  args: readonly string[] = [],
  { ca, ...options }: StartOptions & { readonly ca?: string } = {},
): Promise<Serving> {
  const caFile = join(newFolder(), 'ca.crt');
  const own = ca === undefined ? ['--self-signed', '--ca-out', caFile] : [];
  const started = start(['serve', '--no-cluster', '--drain-delay=0', ...anyPort, ...own, ...args], options);
  const untilLogged = async (msg: string, count = 1) => {
    const lines = () => started.log().filter((line) => line.msg === msg);
    const isOver = () => started.child.exitCode !== null || started.child.signalCode !== null;
    await eventually(`"${msg}" in the log`, () => lines().length >= count || isOver());
    const line = lines().at(-1);
    if (line === undefined) throw new Error(`expected "${msg}", but it ended: ${started.errors()}`);
    return line;
  };
  const { admission, operations } = addressesSchema.parse(await untilLogged('listening'));
  return {
    ...started,
    untilLogged,
    port: Number(new URL(`https://${admission}`).port),
    operationsUrl: `http://${operations}`,
    ca: ca ?? readFileSync(caFile, 'utf8'),
  };
}

const addressesSchema = z.looseObject({ admission: z.string(), operations: z.string() });

/** Asks it to stop, and gives how it ended. */
export function stop(
  { child, ended }: Program,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<number | string> {
  child.kill(signal);
  return ended;
}
