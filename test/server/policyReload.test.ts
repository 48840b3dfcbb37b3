import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { plainPod, readAnswer } from '../admission/reviews.js';
import { mountSecret, writeFiles } from '../certificates/secretFolder.js';
import { valueOf } from '../telemetry/samples.js';
import { sendReview } from './client.js';
import { cleanUp, newFolder, serve, type Serving, stop } from './program.js';
import { streamReviews } from './reviewStream.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

const policy = (runAsUser: number | string, name = 'default') =>
  `apiVersion: podtemper.io/v1alpha1
kind: HardeningPolicy
metadata: { name: ${name} }
spec:
  controls:
    runAsNonRoot: { runAsUser: ${runAsUser} }
`;

const reloaded = 'policies reloaded';
const notReloaded = 'policies not reloaded, the last good ones stay in force';

/** The user that the policy in force gives to a container. */
async function userOf(process: Serving): Promise<string | undefined> {
  const { patchText = '' } = readAnswer((await sendReview(process, plainPod)).text);
  return /"runAsUser":(\d+)/.exec(patchText)?.[1];
}

async function reloadsOf({ operationsUrl }: Serving): Promise<{ ok: number; failed: number; fault: number }> {
  const page = await (await fetch(`${operationsUrl}/metrics`)).text();
  const count = (result: string) => valueOf(page, 'podtemper_policy_reloads_total', { result });
  return { ok: count('ok'), failed: count('failed'), fault: valueOf(page, 'podtemper_policy_fault') };
}

const readinessOf = async ({ operationsUrl }: Serving) =>
  (await (await fetch(`${operationsUrl}/readyz`)).json()) as { ready: boolean; policy: string };

describe('a folder of policies, as the kubelet mounts it', () => {
  it('is followed from good to broken to good, and no review is lost', async () => {
    const folder = newFolder();
    mountSecret(folder, { 'a.yaml': policy(1001) });
    const process = await serve(['--policy', folder]);
    const stream = streamReviews(process);
    await stream.more(20);
    expect(await userOf(process)).toBe('1001');

    mountSecret(folder, { 'a.yaml': policy(1002) });
    await process.untilLogged(reloaded);
    expect(await userOf(process)).toBe('1002');

    mountSecret(folder, { 'a.yaml': policy('root') });
    const line = await process.untilLogged(notReloaded);
    const fault = `${folder}/a.yaml:6:32: spec.controls.runAsNonRoot.runAsUser: expected number, found "root"`;
    expect(line).toMatchObject({ level: 'error', component: 'policy', code: 'policy', error: fault });
    expect(await userOf(process)).toBe('1002');
    expect(await readinessOf(process)).toMatchObject({
      ready: true,
      policy: `ok: the last good policies are in force; ${fault}`,
    });
    expect(await reloadsOf(process)).toEqual({ ok: 1, failed: 1, fault: 1 });
    await stream.more(20);

    mountSecret(folder, { 'a.yaml': policy(1003) });
    await process.untilLogged(reloaded, 2);
    expect(await userOf(process)).toBe('1003');
    expect(await readinessOf(process)).toMatchObject({ ready: true, policy: 'ok' });
    expect(await reloadsOf(process)).toEqual({ ok: 2, failed: 1, fault: 0 });
    await stream.more(20);
    expect(await stream.end()).toBeGreaterThan(60);
    expect(await stop(process)).toBe(0);
  });

  it('may gain and lose files', async () => {
    const folder = newFolder();
    writeFiles(folder, { 'a.yaml': policy(1001), 'notes.txt': 'not: [a policy' });
    const process = await serve(['--policy', folder]);
    expect(await process.untilLogged('policies loaded')).toMatchObject({ policies: ['default'] });
    writeFiles(folder, {
      'b.json': JSON.stringify({
        apiVersion: 'podtemper.io/v1alpha1',
        kind: 'HardeningPolicy',
        metadata: { name: 'b' },
      }),
    });
    expect(await process.untilLogged(reloaded)).toMatchObject({ policies: ['default', 'b'] });
    rmSync(join(folder, 'b.json'));
    expect(await process.untilLogged(reloaded, 2)).toMatchObject({ policies: ['default'] });
    writeFiles(folder, { 'b.yaml': policy(1002) });
    expect(await process.untilLogged(notReloaded)).toMatchObject({
      error:
        `${folder}/b.yaml:3:19: metadata.name: expected a name of its own, found "default" again, ` +
        `after ${folder}/a.yaml:3:19; rename one`,
    });
    expect(await userOf(process)).toBe('1001');
  });

  it('keeps the policy that is used by default', async () => {
    const folder = newFolder();
    mountSecret(folder, { 'a.yaml': policy(1001, 'strict') });
    const process = await serve(['--policy', folder, '--default-policy=strict']);
    mountSecret(folder, { 'a.yaml': policy(1002, 'stricter') });
    expect(await process.untilLogged(notReloaded)).toMatchObject({
      error: expect.stringContaining('--default-policy: expected the name of a policy that is there'),
    });
    expect(await userOf(process)).toBe('1001');
  });
});

describe('a policy file', () => {
  it('is followed where it is replaced, and where it is written to', async () => {
    const file = join(newFolder(), 'policy.yaml');
    writeFileSync(file, policy(1001));
    const process = await serve(['--policy', file]);
    writeFileSync(`${file}.new`, policy(1002));
    renameSync(`${file}.new`, file);
    await process.untilLogged(reloaded);
    expect(await userOf(process)).toBe('1002');
    writeFileSync(file, policy(1003));
    await process.untilLogged(reloaded, 2);
    expect(await userOf(process)).toBe('1003');
  });

  it('may go away and come back as it was: that is one fault, and then none', async () => {
    const file = join(newFolder(), 'policy.yaml');
    writeFileSync(file, policy(1001));
    const process = await serve(['--policy', file]);
    renameSync(file, `${file}.away`);
    expect(await process.untilLogged(notReloaded)).toMatchObject({
      error: expect.stringContaining('ENOENT'),
    });
    expect(await userOf(process)).toBe('1001');
    renameSync(`${file}.away`, file);
    await process.untilLogged(reloaded);
    expect(await readinessOf(process)).toMatchObject({ policy: 'ok' });
    expect(await reloadsOf(process)).toEqual({ ok: 1, failed: 1, fault: 0 });
  });
});
