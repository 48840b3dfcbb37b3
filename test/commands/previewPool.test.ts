import { afterEach, describe, expect, it } from '@jest/globals';
import { answerPreview, type PreviewJob } from '../../src/commands/previewAnswer.js';
import { PreviewPool } from '../../src/commands/previewPool.js';
import { hostilePreviews } from '../../bench/hostilePreviews.js';
import { eventually } from '../certificates/waiting.js';
import { pod } from './previewServer.js';

const file = new URL('../../dist/previewWorker.js', import.meta.url);
let pool: PreviewPool;
afterEach(() => pool.close());

function jobOf(body: string, accept = 'application/json'): PreviewJob {
  return {
    request: { body, contentType: '', accept, query: {} },
    policies: [],
    defaultPolicy: 'default',
    mode: 'enforce',
    facts: undefined,
    today: '2026-11-26',
  };
}

/** The answer as text. */
async function answerOf(job: PreviewJob): Promise<string> {
  const outcome = await pool.answer(job);
  if (outcome.kind !== 'rendered') throw new Error(`expected an answer, got ${outcome.kind}`);
  const { body } = outcome.rendered;
  return typeof body === 'string' ? body : Buffer.from(body).toString();
}

describe('previews on a thread of their own', () => {
  it('are what they are without', async () => {
    pool = new PreviewPool(file);
    for (const accept of ['application/json', 'application/yaml', 'text/html']) {
      const job = jobOf(pod('name: "wëb"'), accept);
      const here = await answerPreview(job);
      expect(await answerOf(job)).toBe(here.kind === 'rendered' ? here.rendered.body : '');
    }
  });

  it('say what is wrong with their input', async () => {
    pool = new PreviewPool(file);
    const fault = pool.answer(jobOf('a: [\n'));
    await expect(fault).rejects.toMatchObject({
      message: expect.stringMatching(/^input:2:1: manifest: expected YAML/),
      complaint: { where: 'manifest' },
      position: { file: 'input', line: 2 },
    });
  });

  it('ask for the facts that only the other thread has', async () => {
    pool = new PreviewPool(file);
    const outcome = await pool.answer({ ...jobOf(pod('name: a, namespace: __proto__')), facts: new Map() });
    expect(outcome).toEqual({ kind: 'lacking', namespaces: ['__proto__'] });
  });

  it('are ended where they take too long, and the next one is answered', async () => {
    pool = new PreviewPool(file, { milliseconds: 1 });
    const [long] = await Promise.allSettled([pool.answer(jobOf(hostilePreviews.items ?? ''))]);
    expect(long).toMatchObject({ status: 'rejected', reason: { status: 413, complaint: { where: 'body' } } });
    pool.close();
    pool = new PreviewPool(file);
    expect(await answerOf(jobOf(pod()))).toContain('"runAsNonRoot": true');
  });

  it('are ended where they fill their memory, and the next one is answered', async () => {
    // On a busy machine its thread, which comes last, would else run out of time before it has run out of memory.
    pool = new PreviewPool(file, { mebibytes: 40, milliseconds: 50_000 });
    await expect(pool.answer(jobOf(hostilePreviews.items ?? ''))).rejects.toMatchObject({
      status: 413,
      message: expect.stringContaining('a preview that takes 40 MiB of memory at most'),
    });
    expect(await answerOf(jobOf(pod()))).toContain('"runAsNonRoot": true');
  });

  it('are refused where too many wait', async () => {
    pool = new PreviewPool(file, { waiting: 2 });
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => pool.answer(jobOf(pod()))));
    const refused = answers.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(3);
    for (const reason of refused)
      expect(reason).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });

  it('leave no thread behind once nobody asks', async () => {
    pool = new PreviewPool(file, { idleMilliseconds: 1 });
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    await answerOf(jobOf(pod()));
    // Fewer, where the thread of a test before was still on its way out.
    await eventually('the thread to be gone', () => ports() <= before);
  });
});
