import { modeLabel } from '../test/cluster/barePod.js';
import type { ControlPlane } from '../test/cluster/controlPlane.js';
import { install } from '../test/cluster/installation.js';
import { waitUntil } from '../test/cluster/waiting.js';
import { nativePolicy } from './nativePolicy.js';

const nativeLabel = 'bench.podtemper.io/native';
const counts = [1, 4, 20];
const rounds = Number(process.env.BENCH_CREATES ?? 300);

/** Times creates by server-side dry run on a real API server, one client, one after another: without any webhook, with a
 *  native policy that sets the same six fields, and with podtemper, in turn, so that what else the machine does falls on
 *  all three alike. */
export async function benchEndToEnd(controlPlane: ControlPlane): Promise<void> {
  const installation = await install(controlPlane);
  try {
    const namespaces = {
      nothing: await installation.createNamespace('nothing'),
      native: await installation.createNamespace('native', { [nativeLabel]: 'yes' }),
      podtemper: await installation.createNamespace('podtemper', { [modeLabel]: 'enforce' }),
    };
    await applyNativePolicy(controlPlane, namespaces.native);
    print(`creates by server-side dry run on the API server, one client, ${rounds} of each in turn`);
    for (const count of counts) await compare(controlPlane, namespaces, count);
  } finally {
    await installation.uninstall();
  }
}

async function applyNativePolicy(controlPlane: ControlPlane, namespace: string): Promise<void> {
  for (const object of nativePolicy('podtemper-bench', nativeLabel)) {
    const { kind } = object as { kind: string };
    const plural = kind.toLowerCase().replace(/y$/, 'ies').replace(/g$/, 'gs');
    await controlPlane.requestOk('POST', `/apis/admissionregistration.k8s.io/v1/${plural}`, object);
  }
  await waitUntil('the native policy to be in force', async () => {
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

async function compare(
  controlPlane: ControlPlane,
  namespaces: Readonly<Record<'nothing' | 'native' | 'podtemper', string>>,
  count: number,
): Promise<void> {
  const entries = Object.entries(namespaces);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  // The first are for what is compiled, and for connections.
  for (let round = -rounds / 5; round < rounds; round += 1) {
    for (const [name, namespace] of entries) {
      const start = performance.now();
      await create(controlPlane, namespace, count);
      if (round >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  const medians = new Map(entries.map(([name]) => [name, quantile(times.get(name) ?? [], 0.5)]));
  const of = (name: string) => medians.get(name) ?? Number.NaN;
  const added = (name: string) => of(name) - of('nothing');
  print(
    `  ${String(count).padStart(2)} containers  nothing ${of('nothing').toFixed(2)} ms  ` +
      `native policy +${added('native').toFixed(2)} ms  podtemper +${added('podtemper').toFixed(2)} ms  ` +
      `ratio ${(added('podtemper') / added('native')).toFixed(2)}  (medians; p95 ` +
      `${entries.map(([name]) => quantile(times.get(name) ?? [], 0.95).toFixed(1)).join(', ')} ms)`,
  );
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
