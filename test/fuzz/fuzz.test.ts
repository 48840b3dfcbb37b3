import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { cleanUp, serve, type Serving, stop } from '../server/program.js';
import { valueOf } from '../telemetry/samples.js';
import { type Attempt, AttemptMaker } from './attempts.js';
import { corpusOf, nastyPods, richPod } from './corpus.js';
import { residentMebibytes, trendOf } from './memory.js';
import { Random } from './random.js';
import { pathsRead } from './readPaths.js';
import { FuzzTarget } from './target.js';

/** From which all bodies of a run follow: `SEED` repeats one. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** How many bodies are sent. */
const bodies = Number(process.env.BODIES ?? 200_000);

/** As in production: the flag of main.js and the Dockerfile, and the heap that Node takes in the chart's 512 MiB. */
const nodeOptions = '--max-semi-space-size=8 --max-old-space-size=256';
/** Requests on their way at a time. */
const inFlight = 8;
/** Large bodies sent before memory is measured for the first time. */
const warmUps = 20;
/** Samples of memory in a run. */
const samplesOfRun = 200;
/** Findings after which a run has seen enough. */
const mostFindings = 20;

jest.setTimeout(2 ** 31 - 1);
afterAll(cleanUp);

/** What a run has come to so far. */
interface Run {
  next: number;
  readonly statuses: Map<number, number>;
  readonly made: Map<string, number>;
  readonly memory: number[];
  readonly findings: string[];
}

describe('podtemper serve, whatever is sent to it', () => {
  it('answers each body, never ends, and keeps its memory', async () => {
    // It refuses too, which the built-in policy does not.
    const policy = ['--policy', 'manifests/policies/strict.yaml', '--default-policy', 'strict'];
    const program = await serve(policy, { env: { NODE_OPTIONS: nodeOptions } });
    const target = new FuzzTarget(program);
    const maker = new AttemptMaker(corpusOf(seed), pathsRead([richPod, ...nastyPods]));
    for (let index = 0; index < warmUps; index++)
      await target.try(maker.makeLarge(new Random(seed - 1 - index)), seed);
    const harmless = reviewOf(plainPod);
    const firstAnswer = await target.answerTo(harmless);
    const run: Run = { next: 0, statuses: new Map(), made: new Map(), memory: [], findings: [] };
    const isOver = () =>
      run.next >= bodies || run.findings.length >= mostFindings || program.child.exitCode !== null;
    const work = async () => {
      while (!isOver()) {
        const index = run.next++;
        await tryOne(index, maker, target, run);
        if (index % Math.ceil(bodies / samplesOfRun) !== 0 || program.child.exitCode !== null) continue;
        run.memory.push(residentMebibytes(program.child.pid ?? 0));
        if ((await target.answerTo(harmless)) !== firstAnswer)
          run.findings.push(`after ${index} bodies a harmless review is answered otherwise`);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
    target.close();
    const failures = await failuresOf(program);
    const exit = await stop(program);
    const trend = trendOf(run.memory);
    print(run, exit, failures, trend);
    expect(run.findings).toEqual([]);
    expect(failures).toEqual([]);
    expect({ exit, errors: errorsOf(program) }).toEqual({ exit: 0, errors: '' });
    expect(trend).toMatchObject({ isFlat: true });
  });
});

async function tryOne(index: number, maker: AttemptMaker, target: FuzzTarget, run: Run): Promise<void> {
  // Mixed, so that the runs of two seeds have no bodies in common.
  const ownSeed = (Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  const attempt = maker.make(new Random(ownSeed));
  try {
    const status = await target.try(attempt, ownSeed);
    count(run.statuses, status);
    count(run.made, attempt.to);
    for (const name of attempt.made) count(run.made, name);
  } catch (error) {
    run.findings.push(describeFinding(index, attempt, error));
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** In short, and where the whole body is. */
function describeFinding(index: number, { to, made, body, headers }: Attempt, error: unknown): string {
  const folder = join(tmpdir(), 'podtemper-fuzz');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${seed}-${index}`);
  writeFileSync(file, body);
  const shown = body.subarray(0, 200).toString('utf8');
  return `SEED=${seed} body ${index} (${[to, ...made].join(', ')}; ${JSON.stringify(headers).slice(0, 200)}): ${String(error)}\n  all of it: ${file}\n  ${shown}`;
}

/** What the program itself counts and logs as its own failures. */
async function failuresOf(program: Serving): Promise<string[]> {
  if (program.child.exitCode !== null) return ['the process has ended'];
  const page = await (await fetch(`${program.operationsUrl}/metrics`)).text();
  const failed = valueOf(page, 'podtemper_reviews_total', { outcome: 'failed' });
  const lines = program.log().filter(({ level }) => level === 'error');
  return [
    ...(failed > 0 ? [`${failed} reviews failed`] : []),
    ...lines.slice(0, mostFindings).map((line) => JSON.stringify(line).slice(0, 1000)),
  ];
}

/** What it wrote to standard error besides its introduction. */
function errorsOf(program: Serving): string {
  return program.errors().replace(/^\n {2}page[\s\S]*?\n\n {2}Try it:\n.*\n\n/, '');
}

function print(
  run: Run,
  exit: number | string,
  failures: readonly string[],
  trend: ReturnType<typeof trendOf>,
) {
  const list = (counts: ReadonlyMap<string | number, number>) =>
    [...counts]
      .toSorted(([, a], [, b]) => b - a)
      .map(([key, times]) => `${key} ${times}`)
      .join(', ');
  const mebibytes = (value: number) => `${value.toFixed(0)} MiB`;
  process.stdout.write(
    [
      `fuzz: SEED=${seed}, ${run.next} bodies sent, crashes ${exit === 0 ? 0 : 1}, ${failures.length} failures, ${run.findings.length} findings`,
      `fuzz: answers: ${list(run.statuses)}`,
      `fuzz: made by: ${list(run.made)}`,
      `fuzz: RSS before ${mebibytes(trend.before)}, after ${mebibytes(trend.after)}, at most ${mebibytes(trend.most)} (medians of the second and last quarter of ${run.memory.length} samples)`,
      '',
    ].join('\n'),
  );
}
