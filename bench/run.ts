import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { startControlPlane } from '../test/cluster/controlPlane.js';
import { controlIds, mutatingControlIds } from '../src/policy/catalogue.js';
import { ofControllers } from './controllers.js';
import { benchEndToEnd } from './endToEnd.js';
import { benchHalfRate } from './halfRate.js';
import { benchHarden } from './harden.js';
import { benchPreview } from './preview.js';
import { benchStart } from './start.js';
import { type Load, load, postScript } from './wrk.js';

/** The built webhook, at both of its endpoints, beside a bare node:https server, alternately, so that what else the
 *  machine does falls on all: rounds are short, since it goes on for seconds. Figures are medians of the rounds; a ratio
 *  is that of each round's pair, then the median. */
const sizes = ['small', 'medium', 'large'] as const;
const rounds = Number(process.env.BENCH_ROUNDS ?? 21);
const secondsPerRun = Number(process.env.BENCH_SECONDS ?? 1);
const halfRateRounds = 7;
/** More than are remembered. */
const controllers = 1000;
const ports = { bare: 18_501, webhook: 18_502, operations: 18_503 };

/** All but `managementPlane`, which finds the token that the pods of the reviews have, as nearly every pod. */
const advisoryIds = controlIds.filter((id) => id !== 'managementPlane' && !mutatingControlIds.includes(id));

/** Has each pod judged, and none refused. */
const denying = {
  apiVersion: 'podtemper.io/v1alpha1',
  kind: 'HardeningPolicy',
  metadata: { name: 'default' },
  spec: { controls: Object.fromEntries(advisoryIds.map((id) => [id, { mode: 'deny' }])) },
};

interface Server {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

const directory = await mkdtemp(join(tmpdir(), 'podtemper-bench-'));
const servers: Server[] = [];
try {
  servers.push(await startBare(), await startWebhook());
  await Promise.all(servers.map(({ url }) => untilListening(url)));
  const bareRates: Partial<Record<(typeof sizes)[number], number>> = {};
  for (const size of sizes) bareRates[size] = await compareServers(size, await reviewOf(size));
  await compareServers(`${controllers} controllers`, ...ofControllers(await reviewOf('medium'), controllers));
  await printMemory();
  const bodyFile = join(directory, 'medium.json');
  await writeFile(bodyFile, await reviewOf('medium'));
  await benchHalfRate(servers, (bareRates.medium ?? Number.NaN) / 2, {
    bodyFile,
    directory,
    rounds: halfRateRounds,
  });
  const [, webhook] = servers;
  const previewUrl = `http://127.0.0.1:${ports.operations}/preview`;
  if (webhook !== undefined) await benchPreview(webhook.url, join(directory, 'medium.lua'), previewUrl);
} finally {
  for (const { process: child } of servers) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
}
await benchHarden();
const controlPlane = await startControlPlane();
try {
  await benchEndToEnd(controlPlane);
  await benchStart(controlPlane);
} finally {
  await controlPlane.stop();
}

async function startBare(): Promise<Server> {
  const outfile = join(directory, 'bareServer.mjs');
  await build({
    entryPoints: ['bench/bareServer.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return start('bare', [process.execPath, outfile, String(ports.bare)], `https://127.0.0.1:${ports.bare}/`);
}

async function startWebhook(): Promise<Server> {
  const policy = join(directory, 'policy.json');
  await writeFile(policy, JSON.stringify(denying));
  const flags = [
    '--policy',
    policy,
    '--admission-address',
    `127.0.0.1:${ports.webhook}`,
    '--operations-address',
    `127.0.0.1:${ports.operations}`,
    '--self-signed',
    '--no-cluster',
    '--drain-delay',
    '0',
  ];
  return start(
    'podtemper',
    ['dist/main.js', 'serve', ...flags],
    `https://127.0.0.1:${ports.webhook}/mutate?timeout=2s`,
  );
}

function start(name: string, command: string[], url: string): Server {
  const child = spawn('taskset', ['-c', '0', ...command], { stdio: 'ignore' });
  return { name, url, process: child };
}

async function untilListening(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const probe = request(url, { method: 'POST', rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(true);
      });
      probe.on('error', () => resolve(false));
      probe.end('{}');
    });
    if (isUp) return;
    await delay(100);
  }
  throw new Error(`nothing listens at ${url}: is the program built (npm run build)?`);
}

async function reviewOf(size: string): Promise<string> {
  return (await readFile(`bench/reviews/${size}.json`, 'utf8')).trim();
}

/** Gives how many of the reviews, which come by turns, the bare server answers in a second. */
async function compareServers(label: string, ...bodies: readonly string[]): Promise<number> {
  const [body = ''] = bodies;
  const script = join(directory, `${label}.lua`);
  await writeFile(script, postScript(...bodies));
  const [bareServer, webhook] = servers;
  if (bareServer === undefined || webhook === undefined) throw new Error('expected two servers');
  const judging = { ...webhook, name: '/validate', url: webhook.url.replace('/mutate', '/validate') };
  const measured = [bareServer, { ...webhook, name: '/mutate' }, judging];
  for (const { url } of measured) await load(url, script, 2);
  const results = new Map<string, Measured[]>(measured.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const server of measured) results.get(server.name)?.push(await measure(server, script));
  }
  print(
    `${label}: ${containersOf(body)} containers, ${Buffer.byteLength(body)} bytes, ${rounds} rounds of ${secondsPerRun} s`,
  );
  for (const [name, loads] of results) print(`  ${name.padEnd(10)} ${describe(loads)}`);
  const bare = results.get(bareServer.name) ?? [];
  for (const [name, loads] of results)
    if (name !== bareServer.name) print(`  ratio      ${name.padEnd(10)} ${describeRatio(loads, bare)}`);
  return median(bare.map((one) => one.requestsPerSecond));
}

function describeRatio(loads: readonly Measured[], bare: readonly Measured[]): string {
  const of = (read: (one: Measured) => number) =>
    loads.map((one, round) => read(one) / read(bare[round] ?? one));
  const throughput = of((one) => one.requestsPerSecond);
  const cpu = of((one) => 1 / one.cpuMicroseconds);
  const range = `${Math.min(...throughput).toFixed(2)} to ${Math.max(...throughput).toFixed(2)}`;
  return `${median(throughput).toFixed(3)} of its throughput (${range}), ${median(cpu).toFixed(3)} by CPU time`;
}

interface Measured extends Load {
  /** Processor time of the server for one review, user and system: it does not depend on who else is waiting. */
  readonly cpuMicroseconds: number;
}

async function measure({ url, process: child }: Server, script: string): Promise<Measured> {
  const before = await cpuSeconds(child);
  const one = await load(url, script, secondsPerRun);
  const seconds = (await cpuSeconds(child)) - before;
  return { ...one, cpuMicroseconds: (seconds * 1e6) / (one.requestsPerSecond * secondsPerRun) };
}

/** Clock ticks of a process in /proc are hundredths of a second (proc(5)). */
async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function containersOf(body: string): number {
  const review = JSON.parse(body) as { request: { object: { spec: { containers: unknown[] } } } };
  return review.request.object.spec.containers.length;
}

function describe(loads: readonly Measured[]): string {
  const of = (read: (one: Measured) => number) => median(loads.map(read));
  const failures = loads.reduce((sum, one) => sum + one.failures, 0);
  return [
    `${Math.round(of((one) => one.requestsPerSecond))} reviews/s`,
    `p50 ${of((one) => one.p50Milliseconds).toFixed(2)} ms`,
    `p99 ${of((one) => one.p99Milliseconds).toFixed(2)} ms`,
    `CPU ${of((one) => one.cpuMicroseconds).toFixed(0)} us a review`,
    `${failures} failures`,
  ].join('  ');
}

async function printMemory(): Promise<void> {
  print('memory after load');
  const sizesInMib: number[] = [];
  for (const { name, process: child } of servers) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    const mib = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    sizesInMib.push(mib('VmRSS'));
    print(
      `  ${name.padEnd(10)} ${mib('VmRSS').toFixed(0)} MiB resident, ${mib('VmHWM').toFixed(0)} MiB at most`,
    );
  }
  const [bare = Number.NaN, webhook = Number.NaN] = sizesInMib;
  print(`  ratio      ${(webhook / bare).toFixed(2)}`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
