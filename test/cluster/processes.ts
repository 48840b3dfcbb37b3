import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

interface RunningProcess {
  name: string;
  child: ChildProcess;
  logFile: string;
  ended: Promise<void>;
  /** How it ended, undefined while it runs. */
  end?: string;
}

/** How long a process may take to end after SIGTERM before it gets SIGKILL. */
const stopSeconds = 5;

/** Long-running child processes that live and end together, each with a log file of its own. */
export class ProcessGroup {
  readonly #logDirectory: string;
  readonly #processes: RunningProcess[] = [];
  readonly #wrapper = deathSignalWrapper();
  readonly #killAll = () => {
    for (const { child, end } of this.#processes) if (end === undefined) child.kill('SIGKILL');
  };

  constructor(logDirectory: string) {
    this.#logDirectory = logDirectory;
    process.on('exit', this.#killAll);
  }

  /** Starts a process; its output goes to `<name>.log`. */
  start(name: string, command: string, args: readonly string[]): void {
    const logFile = join(this.#logDirectory, `${name}.log`);
    const log = openSync(logFile, 'a');
    const [file = command, ...rest] = [...this.#wrapper, command, ...args];
    const child = spawn(file, rest, { stdio: ['ignore', log, log], cwd: this.#logDirectory });
    closeSync(log);
    const running: RunningProcess = { name, child, logFile, ended: Promise.resolve() };
    running.ended = new Promise((resolve) => {
      const finish = (end: string) => {
        running.end ??= end;
        resolve();
      };
      child.on('error', (error) => finish(`could not be started: ${error.message}`));
      child.on('exit', (code, signal) => finish(`ended with ${signal ?? `exit code ${code}`}`));
    });
    this.#processes.push(running);
  }

  /** Its process ID.
   *  @throws Error where no process of that name is running */
  pidOf(name: string): number {
    const { pid } = this.#running(name).child;
    if (pid === undefined) throw new Error(`${name}: expected a process, found that it did not start`);
    return pid;
  }

  /** Sends a signal to one process, and to that one only. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.#running(name).child.kill(signal);
  }

  /** Ends one process as `stop` does, and forgets it: it may be started again. */
  async end(name: string): Promise<void> {
    const running = this.#running(name);
    await endProcess(running);
    this.#processes.splice(this.#processes.indexOf(running), 1);
  }

  #running(name: string): RunningProcess {
    const running = this.#processes.find((each) => each.name === name && each.end === undefined);
    if (!running) throw new Error(`${name}: expected to run, found that it does not`);
    return running;
  }

  /** What became of the first process that has ended, with its last log lines; undefined if all run. */
  failure(): string | undefined {
    const failed = this.#processes.find(({ end }) => end !== undefined);
    return failed && describe(failed);
  }

  /** State and last log lines of every process, for an error message. */
  report(): string {
    return this.#processes.map(describe).join('\n');
  }

  /** Ends each process by its own pid, the last started first: SIGTERM, then SIGKILL after a deadline. */
  async stop(): Promise<void> {
    for (const running of this.#processes.toReversed())
      if (running.end === undefined) await endProcess(running);
    process.off('exit', this.#killAll);
  }
}

async function endProcess({ child, ended }: RunningProcess): Promise<void> {
  child.kill('SIGTERM');
  const deadline = new AbortController();
  const overdue = delay(stopSeconds * 1000, undefined, { signal: deadline.signal })
    .then(() => child.kill('SIGKILL'))
    .catch(() => false); // aborted: it ended in time
  await ended;
  deadline.abort();
  await overdue;
}

function describe({ name, end, logFile }: RunningProcess): string {
  const lastLines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-20);
  return `${name} ${end ?? 'is running'}; last lines of ${logFile}:\n  ${lastLines.join('\n  ')}`;
}

/** Words before a command that let the kernel end it when this process dies of a signal no handler can see.
 *  Empty where util-linux is missing: then only an orderly exit ends the children. */
function deathSignalWrapper(): readonly string[] {
  const flags = ['--pdeathsig', 'KILL'];
  return spawnSync('setpriv', [...flags, 'true']).status === 0 ? ['setpriv', ...flags] : [];
}
