import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { ApiClient } from '../test/cluster/apiClient.js';
import { startControlPlane } from '../test/cluster/controlPlane.js';

/** What the facts about many namespaces cost: time of a list and memory, on a real API server. Each namespace has a
 *  LimitRange and a ResourceQuota. */
const count = Number(process.env.BENCH_NAMESPACES ?? 10_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 4);
const atATime = 32;

const directory = await mkdtemp(join(tmpdir(), 'podtemper-bench-'));
const cluster = await startControlPlane();
try {
  await createNamespaces(cluster);
  await readFacts(cluster.kubeconfig);
} finally {
  await cluster.stop();
  await rm(directory, { recursive: true });
}

async function createNamespaces(api: ApiClient): Promise<void> {
  const start = performance.now();
  let next = 0;
  const createSome = async () => {
    while (next < count) await createNamespace(api, `bench-${next++}`);
  };
  await Promise.all(Array.from({ length: atATime }, createSome));
  const seconds = (performance.now() - start) / 1000;
  print(
    `${count} namespaces, a LimitRange and a ResourceQuota in each: created in ${seconds.toFixed(0)} s, ` +
      `${((3 * count) / seconds).toFixed(0)} objects a second`,
  );
}

async function createNamespace(api: ApiClient, name: string): Promise<void> {
  const labels = { 'podtemper.io/mode': 'enforce', team: name };
  await api.requestOk('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  const path = `/api/v1/namespaces/${name}`;
  await api.requestOk('POST', `${path}/limitranges`, {
    metadata: { name: 'bounds' },
    spec: { limits: [{ type: 'Container', default: { memory: '512Mi' }, max: { memory: '4Gi' } }] },
  });
  await api.requestOk('POST', `${path}/resourcequotas`, {
    metadata: { name: 'share' },
    spec: { hard: { pods: '50', 'requests.cpu': '10', 'limits.memory': '64Gi' } },
  });
}

async function readFacts(kubeconfig: string): Promise<void> {
  const outdir = join(directory, 'reader');
  await build({
    entryPoints: ['bench/factsReader.ts'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const reader = spawn(
    process.execPath,
    ['--max-semi-space-size=8', join(outdir, 'factsReader.mjs'), kubeconfig, String(rounds)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(reader, 'exit');
  print('                         seconds   MiB resident   MiB at most');
  for await (const line of createInterface({ input: reader.stdout })) printRow(line);
  await ended;
}

function printRow(line: string): void {
  const { what, seconds, resident, peak } = JSON.parse(line) as {
    what: string;
    seconds: number;
    resident: number;
    peak: number;
  };
  const cells = [
    seconds.toFixed(2).padStart(7),
    resident.toFixed(0).padStart(14),
    peak.toFixed(0).padStart(13),
  ];
  print(`  ${what.padEnd(23)}${cells.join(' ')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
