import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { requireOnPath } from './commands.js';
import { ProcessGroup } from './processes.js';
import { waitUntil } from './waiting.js';

const remedy = 'Install it (Debian: apt-get install prometheus).';

/** Path of promtool.
 *  @throws Error that says what to install */
export const findPromtool = () => requireOnPath('promtool', 'checking alert rules', remedy);

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A Prometheus that scrapes each second. */
export interface Prometheus {
  /** Series that an instant query gives. */
  query(expression: string): Promise<{ readonly metric: object; readonly value: number }[]>;
  /** Alerts that it knows of, by name and state. */
  rules(): Promise<string[]>;
  stop(): Promise<void>;
}

const answerSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.looseObject({}), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const rulesSchema = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
  }),
});

/** Starts a Prometheus with its files in the directory, and waits until it has scraped every target.
 *  @throws Error with the last lines of its log, or that it has to be installed */
export async function startPrometheus(
  directory: string,
  targets: readonly string[],
  ruleFile: string,
): Promise<Prometheus> {
  const program = await requireOnPath('prometheus', 'scraping the metrics', remedy);
  await mkdir(directory, { recursive: true });
  const configuration = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [ruleFile],
    scrape_configs: [{ job_name: 'podtemper', static_configs: [{ targets }] }],
  };
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const processes = new ProcessGroup(directory);
  processes.start('prometheus', program, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ]);
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://${address}/api/v1/${path}`);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const prometheus: Prometheus = {
    async query(expression) {
      const answer = await ask(`query?query=${encodeURIComponent(expression)}`);
      const { result } = answerSchema.parse(answer).data;
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async rules() {
      const { groups } = rulesSchema.parse(await ask('rules')).data;
      return groups.flatMap(({ rules }) => rules.map(({ name, health }) => `${name} ${health}`));
    },
    stop: () => processes.stop(),
  };
  const isScraped = async () => {
    const [up] = await prometheus.query('count(up == 1)');
    return up?.value === targets.length;
  };
  try {
    await waitUntil('Prometheus to scrape', isScraped, { failure: () => processes.failure() });
  } catch (cause) {
    const report = processes.report();
    await processes.stop();
    throw new Error(`prometheus: ${String(cause)}\n${report}`, { cause });
  }
  return prometheus;
}
