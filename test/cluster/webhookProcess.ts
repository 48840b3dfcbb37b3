import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ProcessGroup } from './processes.js';
import { type Endpoint } from './tcpProxy.js';
import { waitUntil } from './waiting.js';

/** The program under test: PODTEMPER_PROGRAM, else what `make build` has made. */
export const program =
  process.env.PODTEMPER_PROGRAM ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A running `podtemper serve`. */
export interface WebhookProcess {
  /** Where it takes admission reviews. */
  admission: Endpoint;
  /** Base of the URLs for people and probes. */
  operationsUrl: string;
  /** Lines of its log so far. */
  log(): Promise<LogLine[]>;
  /** What a counter holds, for each set of labels. */
  counters(name: string): Promise<Sample[]>;
  /** Ends it as the kubelet does: SIGTERM, then SIGKILL. */
  stop(): Promise<void>;
}

/** A line of `/metrics`. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

const logLineSchema = z.looseObject({ level: z.string(), msg: z.string() });
export type LogLine = z.infer<typeof logLineSchema>;

/** Any free port of the loopback interface, told by the log. */
export const freeAddress = '127.0.0.1:0';

/** Arguments that let a process end at once, since nobody watches its readiness. */
const endAtOnce = ['--drain-delay=0'];

/** Starts `podtemper serve` and waits until it is ready. Its log is `<name>.log` in the directory, so that the
 *  name must be a new one each time.
 *  @throws Error with the last lines of its log */
export async function startWebhook(
  directory: string,
  name: string,
  args: readonly string[],
): Promise<WebhookProcess> {
  const processes = new ProcessGroup(directory);
  processes.start(name, process.execPath, [program, 'serve', ...args, ...endAtOnce]);
  const log = () => readLog(join(directory, `${name}.log`));
  const failure = () => processes.failure();
  try {
    let addresses: { admission: string; operations: string } | undefined;
    const listens = async () => {
      addresses = listeningSchema.safeParse((await log()).find(({ msg }) => msg === 'listening')).data;
      return addresses !== undefined;
    };
    await waitUntil(`${name} to listen`, listens, { failure });
    const { admission = '', operations = '' } = addresses ?? {};
    const operationsUrl = `http://${operations}`;
    const isReady = async () => (await fetch(`${operationsUrl}/readyz`)).status === 200;
    await waitUntil(`${name} to be ready`, isReady, { failure });
    const { hostname, port } = new URL(`https://${admission}`);
    return {
      admission: { host: hostname, port: Number(port) },
      operationsUrl,
      log,
      counters: async (counter) => samplesOf(await (await fetch(`${operationsUrl}/metrics`)).text(), counter),
      stop: () => processes.stop(),
    };
  } catch (error) {
    const report = processes.report();
    await processes.stop();
    throw new Error(`${program} serve ${args.join(' ')}: ${String(error)}\n${report}`, { cause: error });
  }
}

const listeningSchema = z.looseObject({ admission: z.string(), operations: z.string() });

async function readLog(path: string): Promise<LogLine[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => logLineSchema.parse(JSON.parse(line)));
}

/** Samples of one metric in the Prometheus text format. */
function samplesOf(text: string, name: string): Sample[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.map((line) => {
    const labels = [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]);
    return { labels: Object.fromEntries(labels), value: Number(line.slice(line.lastIndexOf(' '))) };
  });
}
