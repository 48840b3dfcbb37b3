import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { barePod, dryRun, hardContainer, hardenedAnnotation, modeLabel, policyNamed } from './barePod.js';
import { type Cluster } from './cluster.js';
import { commandOutput } from './commands.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';
import { freeAddress, program, startWebhook, type WebhookProcess } from './webhookProcess.js';

describe('a local process, registered by `podtemper manifests`', () => {
  const id = `local-${randomUUID().slice(0, 8)}`;
  const namespaces = { enforce: `${id}-enforce`, warn: `${id}-warn`, none: `${id}-none` };
  let cluster: Cluster;
  let directory: string;
  let webhook: WebhookProcess | undefined;
  let starts = 0;

  beforeAll(async () => {
    cluster = await connect();
    directory = await mkdtemp(join(cluster.directory, 'local-'));
    await cluster.createNamespace(namespaces.enforce, { [modeLabel]: 'enforce' });
    await cluster.createNamespace(namespaces.warn, { [modeLabel]: 'warn' });
    await cluster.createNamespace(namespaces.none);
  });

  afterEach(async () => {
    for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'])
      await cluster.kubectl(['delete', kind, 'podtemper-local', '--ignore-not-found']);
    await webhook?.stop();
    webhook = undefined;
  });

  afterAll(async () => {
    for (const name of Object.values(namespaces))
      await cluster.request('DELETE', `/api/v1/namespaces/${name}`);
    await rm(directory, { recursive: true, force: true });
    cluster?.close();
  });

  /** Starts the process with these arguments, applies its registration, and waits until it is called. */
  async function serve(...args: string[]): Promise<void> {
    starts += 1;
    const addresses = [`--admission-address=${freeAddress}`, `--operations-address=${freeAddress}`];
    const caFile = join(directory, `ca-${starts}.crt`);
    const own = ['--self-signed', '--ca-out', caFile];
    webhook = await startWebhook(directory, `local-${starts}`, [...addresses, ...own, ...args]);
    await waitUntil('the authority', async () => (await readFile(caFile, 'utf8')).includes('-----END'));
    const url = `https://127.0.0.1:${webhook.admission.port}/mutate`;
    const input = await commandOutput(process.execPath, [
      program,
      'manifests',
      '--url',
      url,
      '--ca-file',
      caFile,
    ]);
    const applied = await cluster.kubectl(['apply', '-f', '-'], { input });
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    await waitUntil('the API server to call it', async () => {
      const { body } = await dryRun(cluster, namespaces.enforce, barePod);
      return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    });
  }

  it.each([
    ['with the kubeconfig of whoever develops', () => ['--kubeconfig', cluster.kubeconfig]],
    ['without a cluster', () => ['--no-cluster']],
  ])('hardens pods, %s', async (_title, args) => {
    await serve(...args());
    const run = [
      'run',
      `web-${starts}`,
      '--image=registry.example/app:1',
      '--namespace',
      namespaces.enforce,
      '-o',
      'json',
    ];
    const { code, stdout, stderr } = await cluster.kubectl(run);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ spec: { containers: [hardContainer] } });
    expect(stderr).toContain('Warning: podtemper: hardened by policy default: ');
    const { body, warnings } = await dryRun(cluster, namespaces.none, barePod);
    expect(body.spec?.containers[0]?.securityContext).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('refuses what its policy denies', async () => {
    const policy = join(directory, 'denying.yaml');
    await writeFile(
      policy,
      JSON.stringify(policyNamed('default', { controls: { privileged: { mode: 'deny' } } })),
    );
    await serve('--kubeconfig', cluster.kubeconfig, '--policy', policy);
    const privileged = ['run', 'tools', '--image=busybox', '--privileged', '--namespace'];
    await waitUntil('the API server to have it judged', async () => {
      const { stderr } = await cluster.kubectl([...privileged, namespaces.enforce, '--dry-run=server']);
      return stderr.includes('refuses the pod for privileged');
    });
    const warned = await cluster.kubectl([...privileged, namespaces.warn]);
    expect(warned).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('privileged: spec.containers[0]'),
    });
  });

  it('heeds the mode of a namespace where it has a cluster', async () => {
    await serve('--kubeconfig', cluster.kubeconfig);
    const { body, warnings } = await dryRun(cluster, namespaces.warn, barePod);
    expect(body.spec?.containers[0]?.securityContext).toBeUndefined();
    expect(warnings[0]).toContain('would harden by policy default: ');
  });
});
