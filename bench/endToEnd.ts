import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Container, Pod, Volume } from '../src/kubernetes.js';
import { modeLabel } from '../test/cluster/barePod.js';
import { commandOutput } from '../test/cluster/commands.js';
import type { ControlPlane } from '../test/cluster/controlPlane.js';
import { waitUntil } from '../test/cluster/waiting.js';
import { freeAddress, program, startWebhook } from '../test/cluster/webhookProcess.js';
import { nativePolicy } from './nativePolicy.js';
import { load, postScript } from './wrk.js';

const nativeLabel = 'bench.podtemper.io/native';
const bareLabel = 'bench.podtemper.io/bare';
const judgedLabel = 'bench.podtemper.io/judged';
const barePort = 18_505;
const counts = [1, 4, 20];
const rounds = Number(process.env.BENCH_CREATES ?? 300);
const warmUpSeconds = 3;

/** Namespaces by what is done to their pods: nothing; the native policy; a bare webhook that adds what podtemper adds;
 *  podtemper's mutating webhook; both of its webhooks, as they are installed. */
const namespaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {},
  native: { [nativeLabel]: 'yes' },
  bare: { [bareLabel]: 'yes' },
  mutated: { [modeLabel]: 'enforce' },
  judged: { [modeLabel]: 'enforce', [judgedLabel]: 'yes' },
};

/** Pods as a controller makes them, with what they lack: only the six fields that the native policy sets as well, or
 *  resources and a writable `/tmp` too. */
const pods = {
  'pods that lack the six fields': podOfSix,
  'pods that lack resources and /tmp too': podOfNothing,
} as const;

/** Times creates by server-side dry run on a real API server, one client, one after another: without any webhook, with a
 *  native policy that sets the same six fields, and with webhooks, in an order drawn anew for each round, so that what
 *  else the machine does falls on all alike. The API server calls the processes themselves: in a cluster, only the kernel
 *  is between them. They have been under load before, as it is compiled where a webhook runs for long. */
export async function benchEndToEnd(controlPlane: ControlPlane): Promise<void> {
  for (const [name, labels] of Object.entries(namespaces)) await controlPlane.createNamespace(name, labels);
  await applyNativePolicy(controlPlane);
  const bare = await startBareWebhook(controlPlane);
  const own = await startOwn(controlPlane);
  try {
    for (const name of ['native', 'bare', 'mutated', 'judged']) await untilHardened(controlPlane, name);
    for (const url of [bare.url, own.mutate, own.validate]) await warmUp(url, controlPlane.directory);
    print(`creates by server-side dry run on the API server, one client, ${rounds} of each`);
    for (const [lacking, podWith] of Object.entries(pods)) {
      print(`  ${lacking}`);
      for (const count of counts) await compare(controlPlane, podWith(count));
    }
  } finally {
    await own.stop();
    bare.stop();
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

async function startBareWebhook(controlPlane: ControlPlane): Promise<{ url: string; stop: () => void }> {
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
  const url = `https://127.0.0.1:${barePort}/`;
  const webhook = {
    name: 'bare.podtemper.io',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url, caBundle },
    namespaceSelector: { matchLabels: namespaces.bare },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
  };
  await apply(controlPlane, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'bare' },
    webhooks: [webhook],
  });
  return { url, stop: () => child.kill() };
}

interface OwnWebhook {
  readonly mutate: string;
  readonly validate: string;
  stop(): Promise<void>;
}

/** Starts the program, and registers it as `podtemper manifests` says, but for the namespaces of which pods are judged. */
async function startOwn(controlPlane: ControlPlane): Promise<OwnWebhook> {
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
  return { mutate: url, validate: url.replace('/mutate', '/validate'), stop: () => webhook.stop() };
}

async function untilHardened(controlPlane: ControlPlane, namespace: string): Promise<void> {
  await waitUntil(`pods of namespace ${namespace} to be hardened`, async () => {
    const { spec } = await create(controlPlane, namespace, podOfNothing(1));
    return spec.containers.every(({ securityContext }) => securityContext?.runAsUser === 1000);
  });
}

/** As the API server's reviews of a busy hour would. */
async function warmUp(url: string, directory: string): Promise<void> {
  const review = (await readFile('bench/reviews/medium.json', 'utf8')).trim();
  const script = join(directory, 'warm-up.lua');
  await writeFile(script, postScript(review.replaceAll('"namespace":"default"', '"namespace":"mutated"')));
  const { failures } = await load(url, script, warmUpSeconds);
  if (failures > 0) throw new Error(`${url}: expected 2xx for all reviews, found ${failures} others`);
}

interface CreatedPod {
  readonly spec: {
    readonly containers: readonly { readonly securityContext?: { readonly runAsUser?: number } }[];
  };
}

function create(controlPlane: ControlPlane, namespace: string, pod: object): Promise<CreatedPod> {
  return controlPlane.requestOk<CreatedPod>('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
}

function podOfNothing(count: number): Pod {
  return podOf(Array.from({ length: count }, (_, index) => containerOf(index)));
}

function podOfSix(count: number): Pod {
  const containers = Array.from({ length: count }, (_, index) => ({
    ...containerOf(index),
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '1Gi' } },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp', subPath: `app-${index}` }],
  }));
  return podOf(containers, [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }]);
}

function containerOf(index: number): Container {
  return {
    name: `app-${index}`,
    image: `example.com/team/service-${index}:1.0`,
    env: [{ name: 'SETTING', value: 'as people write them' }],
  };
}

/** As a ReplicaSet makes it, as most pods are made. */
function podOf(containers: readonly Container[], volumes: readonly Volume[] = []): Pod {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'bench', uid: 'bench', controller: true };
  return { metadata: { generateName: 'bench-', ownerReferences: [owner] }, spec: { containers, volumes } };
}

async function compare(controlPlane: ControlPlane, pod: Pod): Promise<void> {
  const names = Object.keys(namespaces);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  // The first are for connections, and for what the API server has to learn.
  for (let round = -rounds / 4; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      const start = performance.now();
      await create(controlPlane, name, pod);
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
  const count = String(pod.spec.containers.length).padStart(4);
  print(`${count} containers  nothing ${of('nothing').toFixed(2)} ms  ${parts.join('  ')}`);
  print(`                 ratio ${ratio('native')}, ${ratio('bare')}`);
}

/** In an order drawn by chance: what a create leaves to be done falls on whatever comes after it. */
function shuffled(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ name }) => name);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
