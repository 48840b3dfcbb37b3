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
  pid: number;
  signal(signal: NodeJS.Signals): void;
  /** What it says of its readiness. */
  readiness(): Promise<Readiness>;
  /** Ends it as the kubelet does: SIGTERM, then SIGKILL. */
  stop(): Promise<void>;
}

/** The answer of `/readyz`: a line for each part, and whether all of them are well. */
export interface Readiness {
  ready: boolean;
  policy: string;
  certificate: string;
  cluster: string;
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

/** Lets a process end at once, since nobody watches its readiness; other arguments beat it. */
const endAtOnce = ['--drain-delay=0'];

/** Starts `podtemper serve` and waits until it is ready, or only until it listens. Its log is `<name>.log` in the
 *  directory, so that the name must be a new one each time.
 *  @throws Error with the last lines of its log */
export async function startWebhook(
  directory: string,
  name: string,
  args: readonly string[],
): Promise<WebhookProcess> {
  return launchWebhook(directory, name, args, async (webhook) => (await webhook.readiness()).ready);
}

/** The same, for a process that is to be used as soon as it listens, or when something else holds of it. */
export async function launchWebhook(
  directory: string,
  name: string,
  args: readonly string[],
  isUsable: (webhook: WebhookProcess) => Promise<boolean> = async () => true,
): Promise<WebhookProcess> {
  const processes = new ProcessGroup(directory);
  processes.start(name, process.execPath, [program, 'serve', ...endAtOnce, ...args]);
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
    const readiness = async () => (await (await fetch(`${operationsUrl}/readyz`)).json()) as Readiness;
    const { hostname, port } = new URL(`https://${admission}`);
    const webhook: WebhookProcess = {
      admission: { host: hostname, port: Number(port) },
      operationsUrl,
      log,
      counters: async (counter) => samplesOf(await (await fetch(`${operationsUrl}/metrics`)).text(), counter),
      pid: processes.pidOf(name),
      signal: (signal) => processes.signal(name, signal),
      readiness,
      stop: () => processes.stop(),
    };
    await waitUntil(`${name} to be usable`, () => isUsable(webhook), { failure });
    return webhook;
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
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.map((line) => {
    const labels = [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]);
    return { labels: Object.fromEntries(labels), value: Number(line.slice(line.lastIndexOf(' '))) };
  });
}
