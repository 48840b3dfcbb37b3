import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { modeLabel } from '../test/cluster/barePod.js';
import { commandOutput } from '../test/cluster/commands.js';
import type { ControlPlane } from '../test/cluster/controlPlane.js';
import { waitUntil } from '../test/cluster/waiting.js';
import { freeAddress, program, startWebhook } from '../test/cluster/webhookProcess.js';
import { nativePolicy } from './nativePolicy.js';

const nativeLabel = 'bench.podtemper.io/native';
const bareLabel = 'bench.podtemper.io/bare';
const judgedLabel = 'bench.podtemper.io/judged';
const barePort = 18_505;
const counts = [1, 4, 20];
const rounds = Number(process.env.BENCH_CREATES ?? 300);

/** Namespaces by what is done to their pods: nothing; the native policy; a bare webhook that adds what podtemper adds;
 *  podtemper's mutating webhook; both of its webhooks, as they are installed. */
const namespaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {},
  native: { [nativeLabel]: 'yes' },
  bare: { [bareLabel]: 'yes' },
  mutated: { [modeLabel]: 'enforce' },
  judged: { [modeLabel]: 'enforce', [judgedLabel]: 'yes' },
};

/** Times creates by server-side dry run on a real API server, one client, one after another: without any webhook, with a
 *  native policy that sets the same six fields, and with webhooks, in turn, so that what else the machine does falls on
 *  all alike. The API server calls the processes themselves: in a cluster, only the kernel is between them. */
export async function benchEndToEnd(controlPlane: ControlPlane): Promise<void> {
  for (const [name, labels] of Object.entries(namespaces)) await controlPlane.createNamespace(name, labels);
  await applyNativePolicy(controlPlane);
  const stopBare = await startBareWebhook(controlPlane);
  const stopOwn = await startOwn(controlPlane);
  try {
    for (const name of ['native', 'bare', 'mutated', 'judged']) await untilHardened(controlPlane, name);
    print(`creates by server-side dry run on the API server, one client, ${rounds} of each in turn`);
    for (const count of counts) await compare(controlPlane, count);
  } finally {
    await stopOwn();
    stopBare();
  }
}

async function applyNativePolicy(controlPlane: ControlPlane): Promise<void> {
  for (const object of nativePolicy('podtemper-bench', nativeLabel)) await apply(controlPlane, object);
}

async function apply(controlPlane: ControlPlane, object: object): Promise<void> {
  await kubectl(controlPlane, ['apply', '-f', '-'], JSON.stringify(object));
}

async function kubectl(controlPlane: ControlPlane, args: readonly string[], input = ''): Promise<void> {
  const { code, stderr } = await controlPlane.kubectl([...args], { input });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}

async function startBareWebhook(controlPlane: ControlPlane): Promise<() => void> {
  const outfile = join(controlPlane.directory, 'bareWebhook.mjs');
  await build({
    entryPoints: ['bench/bareWebhook.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  const certificate = join(controlPlane.directory, 'bare-webhook.crt');
  const child = spawn(process.execPath, [outfile, `${barePort}`, certificate], { stdio: 'ignore' });
  await waitUntil('the bare webhook', async () => existsSync(certificate));
  const caBundle = (await readFile(certificate)).toString('base64');
  const webhook = {
    name: 'bare.podtemper.io',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: `https://127.0.0.1:${barePort}/`, caBundle },
    namespaceSelector: { matchLabels: namespaces.bare },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
  };
  await apply(controlPlane, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'bare' },
    webhooks: [webhook],
  });
  return () => child.kill();
}

/** Starts the program, and registers it as `podtemper manifests` says, but for the namespaces of which pods are judged. */
async function startOwn(controlPlane: ControlPlane): Promise<() => Promise<void>> {
  const caFile = join(controlPlane.directory, 'bench-ca.crt');
  const webhook = await startWebhook(controlPlane.directory, 'bench', [
    `--admission-address=${freeAddress}`,
    `--operations-address=${freeAddress}`,
    '--self-signed',
    `--ca-out=${caFile}`,
    `--kubeconfig=${controlPlane.kubeconfig}`,
  ]);
  const url = `https://127.0.0.1:${webhook.admission.port}/mutate`;
  const manifests = ['manifests', '--url', url, '--ca-file', caFile];
  await kubectl(
    controlPlane,
    ['apply', '-f', '-'],
    await commandOutput(process.execPath, [program, ...manifests]),
  );
  const path = '/webhooks/0/namespaceSelector/matchLabels';
  const patch = JSON.stringify([{ op: 'add', path, value: { [judgedLabel]: 'yes' } }]);
  await kubectl(controlPlane, [
    'patch',
    'validatingwebhookconfiguration',
    'podtemper-local',
    '--type=json',
    '-p',
    patch,
  ]);
  return () => webhook.stop();
}

async function untilHardened(controlPlane: ControlPlane, namespace: string): Promise<void> {
  await waitUntil(`pods of namespace ${namespace} to be hardened`, async () => {
    const { spec } = await create(controlPlane, namespace, 1);
    return spec.containers.every(({ securityContext }) => securityContext?.runAsUser === 1000);
  });
}

interface CreatedPod {
  readonly spec: {
    readonly containers: readonly { readonly securityContext?: { readonly runAsUser?: number } }[];
  };
}

function create(controlPlane: ControlPlane, namespace: string, count: number): Promise<CreatedPod> {
  const containers = Array.from({ length: count }, (_, index) => ({
    name: `app-${index}`,
    image: `example.com/team/service-${index}:1.0`,
    env: [{ name: 'SETTING', value: 'as people write them' }],
  }));
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'bench-' }, spec: { containers } };
  return controlPlane.requestOk<CreatedPod>('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
}

async function compare(controlPlane: ControlPlane, count: number): Promise<void> {
  const names = Object.keys(namespaces);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  // The first are for what is compiled, and for connections.
  for (let round = -rounds; round < rounds; round += 1) {
    for (const name of names) {
      const start = performance.now();
      await create(controlPlane, name, count);
      if (round >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  const of = (name: string) => quantile(times.get(name) ?? [], 0.5);
  const added = (name: string) => of(name) - of('nothing');
  const ratio = (name: string) => `${(added('mutated') / added(name)).toFixed(2)} of ${name}`;
  const shown = {
    'native policy': 'native',
    'bare webhook': 'bare',
    podtemper: 'mutated',
    'judged too': 'judged',
  };
  const parts = Object.entries(shown).map(([title, name]) => `${title} +${added(name).toFixed(2)} ms`);
  print(
    `  ${String(count).padStart(2)} containers  nothing ${of('nothing').toFixed(2)} ms  ${parts.join('  ')}`,
  );
  print(`                 ratio ${ratio('native')}, ${ratio('bare')}`);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
