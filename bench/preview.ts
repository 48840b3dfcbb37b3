import { setTimeout as delay } from 'node:timers/promises';
import { hostilePreviews } from './hostilePreviews.js';
import { type Load, load } from './wrk.js';

const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const secondsPerRun = Number(process.env.BENCH_SECONDS ?? 3);

/** Previews at a time: one that is worked on, and some that wait. */
const callers = 3;

/** What hostile previews do to reviews: the same load on /mutate, by turns without and with previews alongside that
 *  take all that they are given. Webhook and previews share one core. */
export async function benchPreview(mutateUrl: string, script: string, previewUrl: string): Promise<void> {
  const [without, withPreviews]: [Load[], Load[]] = [[], []];
  // The first preview starts the thread.
  await ask(previewUrl, '{}');
  const answered = { count: 0 };
  for (let round = 0; round < rounds; round++) {
    without.push(await load(mutateUrl, script, secondsPerRun));
    const ending = new AbortController();
    const previews = Array.from({ length: callers }, (_, caller) =>
      askOn(previewUrl, caller, ending.signal, answered),
    );
    await delay(200);
    withPreviews.push(await load(mutateUrl, script, secondsPerRun));
    ending.abort();
    await Promise.all(previews);
    await untilIdle(previewUrl);
  }
  const p99 = (loads: readonly Load[]) => loads.map((one) => one.p99Milliseconds);
  const ratio = median(p99(withPreviews).map((one, round) => one / (p99(without)[round] ?? Number.NaN)));
  process.stdout.write(
    [
      `hostile previews: ${callers} callers without a pause, ${rounds} rounds of ${secondsPerRun} s by turns`,
      `  without    ${describe(without)}`,
      `  with       ${describe(withPreviews)}  (${answered.count} previews ended)`,
      `  ratio      ${ratio.toFixed(2)} of the p99`,
      '',
    ].join('\n'),
  );
}

/** Asks again and again, for each of the hostile bodies in turn. */
async function askOn(
  url: string,
  first: number,
  signal: AbortSignal,
  answered: { count: number },
): Promise<void> {
  const bodies = Object.values(hostilePreviews);
  for (let turn = first; !signal.aborted; turn++) {
    await ask(url, bodies[turn % bodies.length] ?? '', signal)
      .then(() => answered.count++)
      .catch(() => undefined);
  }
}

async function ask(url: string, body: string, signal?: AbortSignal): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body, ...(signal && { signal }) });
  await answer.arrayBuffer();
}

/** Waits for what was asked to be done with: who goes away does not stop it. */
async function untilIdle(url: string): Promise<void> {
  await ask(url, '{}');
}

function describe(loads: readonly Load[]): string {
  return [
    `${Math.round(median(loads.map((one) => one.requestsPerSecond)))} reviews/s`,
    `p50 ${median(loads.map((one) => one.p50Milliseconds)).toFixed(2)} ms`,
    `p99 ${median(loads.map((one) => one.p99Milliseconds)).toFixed(2)} ms`,
    `${loads.reduce((sum, one) => sum + one.failures, 0)} failures`,
  ].join('  ');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
