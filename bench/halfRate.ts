import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const connections = 32;

/** Who is asked, by what name. */
interface Asked {
  readonly name: string;
  readonly url: string;
}

/** Latency where a server is asked as often as is half of what the bare one can do: not how fast it is, but how even.
 *  Each round asks both. `bodyFile` holds the review, `directory` is for what is measured.
 *  @throws Error where h2load is not installed */
export async function benchHalfRate(
  servers: readonly Asked[],
  rate: number,
  { bodyFile, directory, rounds }: { bodyFile: string; directory: string; rounds: number },
): Promise<void> {
  const seen = new Map<string, number[][]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, url } of servers)
      seen.get(name)?.push(await latencies(url, rate, bodyFile, join(directory, `${name}.tsv`)));
  }
  const p99s = servers.map(({ name }) => (seen.get(name) ?? []).map((times) => quantile(times, 0.99)));
  print(`at half of the bare server's rate: ${Math.round(rate)} medium reviews a second, ${rounds} rounds`);
  for (const { name } of servers) {
    const of = (part: number) => median((seen.get(name) ?? []).map((times) => quantile(times, part)));
    print(`  ${name.padEnd(10)} p50 ${of(0.5).toFixed(2)} ms  p99 ${of(0.99).toFixed(2)} ms`);
  }
  const [bare = [], webhook = []] = p99s;
  const ratios = webhook.map((one, round) => one / (bare[round] ?? Number.NaN));
  print(`  ratio      ${median(ratios).toFixed(2)} of its p99`);
}

/** Milliseconds of each answer, in ascending order. */
async function latencies(url: string, rate: number, bodyFile: string, log: string): Promise<number[]> {
  const perConnection = String(rate / connections);
  const args = ['-c', '1', 'h2load', '--h1', '-t1', `-c${connections}`, '--rps', perConnection, '-D3'];
  const request = ['--warm-up-time=1', '-d', bodyFile, '-H', 'content-type: application/json'];
  await promisify(execFile)('taskset', [...args, ...request, '--log-file', log, url]).catch(
    (cause: unknown) => {
      throw new Error('the load did not run; h2load is needed: apt-get install nghttp2-client', { cause });
    },
  );
  const rows = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const times = rows.map((row) => Number(row.split('\t')[2]) / 1000);
  const failed = rows.filter((row) => !row.includes('\t200\t')).length;
  if (failed > 0) throw new Error(`${url}: expected 200 for all, found ${failed} others`);
  return times.toSorted((one, other) => one - other);
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((one, other) => one - other),
    0.5,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
