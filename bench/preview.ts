import { setTimeout as delay } from 'node:timers/promises';
import { hostilePreviews } from './hostilePreviews.js';
import { type Load, load } from './wrk.js';

const rounds = 3;
/** Longer than a preview may take: under a load that takes all of the processor, its time limit ends it. */
const secondsPerRun = Number(process.env.BENCH_PREVIEW_SECONDS ?? 15);

/** Previews at a time: one that is worked on, and some that wait. */
const callers = 3;

/** What hostile previews do to reviews: the same load on /mutate, by turns without and with previews alongside that
 *  take all that they are given. Webhook and previews share one core. */
export async function benchPreview(mutateUrl: string, script: string, previewUrl: string): Promise<void> {
  const [without, withPreviews]: [Load[], Load[]] = [[], []];
  // The first preview starts the thread.
  await ask(previewUrl, '{}');
  const answered = new Map<number, number>();
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
      `  with       ${describe(withPreviews)}  (${describeAnswers(answered)})`,
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
  answered: Map<number, number>,
): Promise<void> {
  const bodies = Object.values(hostilePreviews);
  for (let turn = first; !signal.aborted; turn++) {
    try {
      const status = await ask(url, bodies[turn % bodies.length] ?? '', signal);
      answered.set(status, (answered.get(status) ?? 0) + 1);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

async function ask(url: string, body: string, signal?: AbortSignal): Promise<number> {
  const answer = await fetch(url, { method: 'POST', body, ...(signal && { signal }) });
  await answer.arrayBuffer();
  return answer.status;
}

function describeAnswers(answered: ReadonlyMap<number, number>): string {
  const counts = [...answered].toSorted(([one], [other]) => one - other);
  if (counts.length === 0) return 'no preview was answered';
  return `previews answered: ${counts.map(([status, count]) => `${count} with ${status}`).join(', ')}`;
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
