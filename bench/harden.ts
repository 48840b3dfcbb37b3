import { readFile } from 'node:fs/promises';
import { Bench } from 'tinybench';
import { harden } from '../src/hardening/harden.js';
import { type Pod, unknownNamespace } from '../src/kubernetes.js';
import { planNamespace } from '../src/policy/plan.js';
import { compilePolicies } from '../src/policy/policy.js';

/** Times `harden` alone over pods of 1, 10 and 100 containers, to show that the cost is linear in them. */
export async function benchHarden(): Promise<void> {
  const review = JSON.parse(await readFile('bench/reviews/large.json', 'utf8')) as {
    request: { object: Pod };
  };
  const facts = unknownNamespace('bench');
  const plan = planNamespace({
    policies: compilePolicies([]),
    facts,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
  });
  const bench = new Bench({ time: 1000, warmupTime: 500 });
  const counts = [1, 10, 100];
  for (const count of counts) {
    const pod = withContainers(review.request.object, count);
    bench.add(String(count), () => void harden(pod, plan, facts).patch);
  }
  await bench.run();
  process.stdout.write('harden alone\n');
  for (const { name, result } of bench.tasks) {
    if (!('latency' in result)) throw new Error(`no result for ${name} containers`);
    const micros = result.latency.p50 * 1000;
    const perContainer = micros / Number(name);
    process.stdout.write(
      `  ${name.padStart(3)} containers  ${micros.toFixed(1)} us  ${perContainer.toFixed(2)} us a container\n`,
    );
  }
}

function withContainers(pod: Pod, count: number): Pod {
  const { containers } = pod.spec;
  const chosen = Array.from({ length: count }, (_, index) => {
    const template = containers[index % containers.length];
    if (template === undefined) throw new RangeError('the review has no container');
    return { ...template, name: `app-${index}` };
  });
  return { ...pod, spec: { ...pod.spec, containers: chosen } };
}
