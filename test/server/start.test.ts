import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { plainPod, readAnswer } from '../admission/reviews.js';
import { send, sendReview } from './client.js';
import { cleanUp, serve, start, stop } from './program.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

/** What the program tells whoever tries it out. */
function introductionOf(text: string) {
  const [, page, preview, webhook, curl] =
    /^ +page +(\S+)\n +preview +(\S+)\n +webhook +(\S+)\n\n +Try it:\n +(curl .+)$/m.exec(text) ?? [];
  return { page, preview, webhook, curl };
}

/** What a curl line prints, as far as this one goes where there is no curl. */
async function outputOf(curl: string): Promise<string> {
  if (spawnSync('curl', ['--version']).status === 0) {
    return (await promisify(execFile)('sh', ['-c', curl])).stdout;
  }
  const [, body, url] = /^curl -s --data-binary '([^']+)' (\S+)$/.exec(curl) ?? [];
  if (body === undefined || url === undefined)
    throw new Error(`expected a curl line that can be read, found ${curl}`);
  return (await fetch(url, { method: 'POST', body })).text();
}

describe('make run', () => {
  const [, line = ''] =
    /^run: .*\n\t(?:node )?dist\/main\.js (.*)$/m.exec(readFileSync('Makefile', 'utf8')) ?? [];
  it('prints where the page, the preview and the webhook are, and a curl line that returns a patch', async () => {
    expect(line).toMatch(/^serve /);
    // As it stands there, but for the ports, which others may have taken.
    const process = await serve(line.split(' ').slice(1));
    const { page, preview, webhook, curl = '' } = introductionOf(process.errors());
    expect({ page, preview, webhook }).toEqual({
      page: `${process.operationsUrl}/`,
      preview: `${process.operationsUrl}/preview`,
      webhook: `https://127.0.0.1:${process.port}/mutate`,
    });
    const [item] = (JSON.parse(await outputOf(curl)) as { items: { patch: unknown[] }[] }).items;
    expect(item?.patch).toContainEqual(
      expect.objectContaining({ op: 'add', path: '/spec/containers/0/securityContext' }),
    );
    expect(await (await fetch(page ?? '')).text()).toContain('<form');
    expect(await stop(process)).toBe(0);
  });
});

describe('podtemper serve', () => {
  it('shows what it is and what it knows to people and probes', async () => {
    const process = await serve();
    const get = async (path: string) => (await fetch(`${process.operationsUrl}${path}`)).text();
    expect(await get('/healthz')).toBe('ok');
    expect(JSON.parse(await get('/readyz'))).toEqual({
      ready: true,
      process: 'ok',
      policy: 'ok',
      certificate: 'ok',
      cluster: 'ok: none',
    });
    expect(JSON.parse(await get('/policy'))).toMatchObject([
      { kind: 'HardeningPolicy', metadata: { name: 'default' } },
    ]);
    expect(JSON.parse(await get('/controls'))).toContainEqual(
      expect.objectContaining({ id: 'runAsNonRoot' }),
    );
    await sendReview(process, plainPod);
    expect(await get('/metrics')).toContain('podtemper_reviews_total{outcome="patched"} 1\n');
  });

  it('answers probes on the listener for the API server too, as the kubelet can only ask there', async () => {
    const process = await serve();
    for (const path of ['/healthz', '/readyz']) {
      expect(await send(process, { method: 'GET', path })).toMatchObject({ status: 200 });
    }
  });

  it('writes nothing but JSON lines to its log', async () => {
    const process = await serve(['--log-level=debug']);
    await sendReview(process, plainPod);
    await sendReview(process, plainPod, { uid: '' });
    await stop(process);
    expect(process.log().map(({ msg }) => msg)).toEqual([
      'no cluster: every namespace is taken to be in one mode',
      'listening',
      'pod reviewed',
      'malformed review',
      'draining',
      'stopped',
    ]);
  });
});

describe('without a cluster', () => {
  /** What becomes of a pod where the program has these flags. */
  async function reviewed(...args: string[]) {
    const process = await serve(args);
    const { text } = await sendReview(process, plainPod, { namespace: 'never-heard-of' });
    return readAnswer(text);
  }

  it('every namespace is in mode enforce, with the default policy', async () => {
    const { patch, auditAnnotations } = await reviewed();
    expect(patch).toBeDefined();
    expect(auditAnnotations.policy).toBe('default/enforce');
  });

  it('a flag chooses mode warn: warnings, and no patch', async () => {
    const { patch, warnings } = await reviewed('--mode=warn');
    expect(patch).toBeUndefined();
    expect(warnings.join()).toContain('would harden');
  });

  it('a flag chooses mode audit: neither', async () => {
    const { patch, warnings, auditAnnotations } = await reviewed('--mode', 'audit');
    expect([patch, warnings]).toEqual([undefined, []]);
    expect(auditAnnotations.policy).toBe('default/audit');
  });

  it('flags choose a policy, by file and by name', async () => {
    const file = 'manifests/policies/strict.yaml';
    const { metadata } = parse(readFileSync(file, 'utf8')) as { metadata: { name: string } };
    const { auditAnnotations } = await reviewed('--policy', file, '--default-policy', metadata.name);
    expect(auditAnnotations.policy).toBe(`${metadata.name}/enforce`);
  });

  it('environment variables do the same, and a flag beats them', async () => {
    const env = { PODTEMPER_MODE: 'audit', PODTEMPER_LOG_LEVEL: 'error', PODTEMPER_NO_CLUSTER: 'true' };
    const byVariable = await serve(['--log-level=info'], { env });
    const { text } = await sendReview(byVariable, plainPod);
    expect(readAnswer(text).auditAnnotations.policy).toBe('default/audit');
  });

  it('a variable that says no switches nothing on', async () => {
    const process = start(['serve', '--no-cluster'], { env: { PODTEMPER_SELF_SIGNED: 'false' } });
    expect(await process.ended).toBe(2);
    expect(process.errors()).toContain('--self-signed');
  });
});
