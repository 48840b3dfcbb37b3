import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../test/cluster/controlPlane.js';

const rounds = 7;
const namespaces = Number(process.env.BENCH_IDLE_NAMESPACES ?? 1000);
const operations = '127.0.0.1:18504';

/** Times from the start of a process to its first `/readyz` that says yes, without a cluster and with one of many
 *  namespaces, and its memory once it knows them all and nothing more happens. */
export async function benchStart(controlPlane: ControlPlane): Promise<void> {
  for (let each = 0; each < namespaces; each += 1) {
    const metadata = { name: `idle-${each}`, labels: { 'podtemper.io/mode': 'enforce' } };
    await controlPlane.requestOk('POST', '/api/v1/namespaces', { metadata });
  }
  const clustered = ['--kubeconfig', controlPlane.kubeconfig];
  print(`from start to ready, medians of ${rounds}`);
  print(`  without a cluster     ${(await medianStart(['--no-cluster'])).toFixed(0)} ms`);
  print(`  with ${namespaces} namespaces  ${(await medianStart(clustered)).toFixed(0)} ms`);
  const { child } = await start(clustered);
  await delay(10_000);
  print(`  idle for ten seconds  ${await residentMebibytes(child)} MiB resident`);
  await stop(child);
}

async function medianStart(args: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { child, milliseconds } = await start(args);
    times.push(milliseconds);
    await stop(child);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? Number.NaN;
}

/** With the flag of the first line of the program, which the shell would take from there. */
async function start(args: readonly string[]): Promise<{ child: ChildProcess; milliseconds: number }> {
  const begun = performance.now();
  const flags = [
    '--self-signed',
    '--drain-delay=0',
    '--admission-address=127.0.0.1:0',
    `--operations-address=${operations}`,
  ];
  const command = ['--max-semi-space-size=8', 'dist/main.js', 'serve', ...flags, ...args];
  const child = spawn(process.execPath, command, { stdio: 'ignore' });
  while (!(await isReady())) {
    if (child.exitCode !== null)
      throw new Error(`podtemper serve: expected to run, found it ended with ${child.exitCode}`);
    await delay(2);
  }
  return { child, milliseconds: performance.now() - begun };
}

async function isReady(): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://${operations}/readyz`);
    return ok;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function residentMebibytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
