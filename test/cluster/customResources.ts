import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Cluster } from './cluster.js';
import { commandOutput, requireOnPath } from './commands.js';
import { waitUntil } from './waiting.js';

/** Pins the modules below, and what they hold. */
const pins = fileURLToPath(new URL('./definitions/', import.meta.url));

/** The kinds that the chart renders besides Kubernetes' own, and where those who define them keep the definitions. */
const definitions = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    folder: 'example/prometheus-operator-crd',
    group: 'monitoring.coreos.com',
    resources: ['servicemonitors', 'prometheusrules'],
  },
  {
    module: 'github.com/cert-manager/cert-manager',
    folder: 'deploy/crds',
    group: 'cert-manager.io',
    resources: ['certificates', 'issuers'],
  },
];

/** Has the API server know ServiceMonitor, PrometheusRule, Certificate and Issuer; gives what makes it forget them.
 *  @throws Error where Go or a module cannot be had */
export async function defineCustomResources(cluster: Cluster): Promise<() => Promise<void>> {
  const files = (await Promise.all(definitions.map(filesOf))).flat();
  const flags = files.flatMap((file) => ['-f', file]);
  await kubectl(cluster, ['apply', '--server-side', ...flags]);
  await waitUntil('the custom resources to be served', async () => {
    const lists = definitions.flatMap(({ group, resources }) =>
      resources.map((resource) => cluster.request('GET', `/apis/${group}/v1/${resource}`)),
    );
    return (await Promise.all(lists)).every(({ status }) => status === 200);
  });
  return () => kubectl(cluster, ['delete', '--ignore-not-found', ...flags]);
}

async function filesOf({ module, folder, group, resources }: (typeof definitions)[number]) {
  const go = await requireOnPath('go', `downloading ${module}`, 'Install Go (https://go.dev/dl).');
  const version = new RegExp(`${module} (v\\S+)`).exec(await readFile(join(pins, 'go.mod'), 'utf8'))?.[1];
  const args = ['mod', 'download', '-json', `${module}@${version}`];
  const env = { ...process.env, GOWORK: 'off' };
  const { Dir } = downloaded.parse(JSON.parse(await commandOutput(go, args, { directory: pins, env })));
  return resources.map((resource) => join(Dir, folder, `${group}_${resource}.yaml`));
}

const downloaded = z.object({ Dir: z.string() });

async function kubectl(cluster: Cluster, args: readonly string[]): Promise<void> {
  const { code, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}
