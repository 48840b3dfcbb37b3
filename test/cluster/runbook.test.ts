import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blocksOf } from '../readme/consoleBlocks.js';
import { annotated, barePod, dryRun, modeLabel } from './barePod.js';
import type { Cluster } from './cluster.js';
import { CreateStream } from './faults/createStream.js';
import { type Installation, install } from './installation.js';
import { hardens, SharedState } from './selfManaged.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const runbook = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
const chart = fileURLToPath(new URL('../../manifests/chart', import.meta.url));
const values = { webhook: { failurePolicy: 'Fail' } };

/** The commands that the runbook gives below a heading, for another release than `podtemper`. */
async function commandsBelow(heading: string, { release, namespace }: Installation): Promise<string[][]> {
  const [, section = ''] = (await readFile(runbook, 'utf8')).split(`\n## ${heading}\n`);
  const text = section.split('\n## ')[0] ?? '';
  const shell = blocksOf(text).filter(({ language }) => language === 'sh');
  return shell.map((block) =>
    block.text
      .trim()
      .replaceAll('podtemper-system', namespace)
      // The tests of others are installed under the same name.
      .replace('-l app.kubernetes.io/name=podtemper', `-l app.kubernetes.io/instance=${release}`)
      .replace('podtemper-authority', `${release}-authority`)
      .replace('uninstall podtemper', `uninstall ${release}`)
      .replaceAll("'", '')
      .split(' '),
  );
}

describe('the runbook', () => {
  let cluster: Cluster;
  let installation: Installation;
  let namespace: string;
  let registrations: string[];

  beforeAll(async () => {
    cluster = await connect();
    installation = await install(cluster, {
      values,
      replicas: 2,
      args: ['--drain-delay=1'],
      isConfined: true,
    });
    namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
    const base = '/apis/admissionregistration.k8s.io/v1';
    registrations = ['mutating', 'validating'].map(
      (kind) => `${base}/${kind}webhookconfigurations/${installation.release}`,
    );
  });

  afterAll(async () => {
    await installation?.uninstall();
    cluster?.close();
  });

  const confined = () => {
    const matchConditions = [
      { name: 'own', expression: `request.namespace.startsWith('${installation.namespace}')` },
    ];
    return { webhook: { ...values.webhook, matchConditions } };
  };
  const isRefused = async () => (await dryRun(cluster, namespace, barePod)).status === 500;
  const isAdmitted = async () => (await dryRun(cluster, namespace, barePod)).status === 201;

  async function run([program = '', ...args]: readonly string[], input?: string): Promise<string> {
    const options = input === undefined ? {} : { input };
    const { code, stdout, stderr } = await (program === 'helm'
      ? cluster.helm(args, options)
      : cluster.kubectl(args, options));
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  }

  it('lists which pods have opted out', async () => {
    const [command = []] = await commandsBelow('Which pods have opted out', installation);
    const optedOut = annotated({ 'podtemper.io/opt-out': 'resources,fsGroup' });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await cluster.requestOk('POST', path, optedOut);
    expect(await run(command)).toMatch(new RegExp(`^${namespace} +bare +resources,fsGroup +<none>$`, 'm'));
    await cluster.requestOk('DELETE', `${path}/bare?gracePeriodSeconds=0`);
  });

  it('breaks the glass by one command, and an upgrade puts all back', async () => {
    await installation.stop();
    await waitUntil('pods to be refused', isRefused);
    const [command = []] = await commandsBelow('Break glass', installation);
    expect(command.join(' ')).toMatch(/^kubectl delete mutatingwebhookconfigurations,validating/);
    await run(command);
    await waitUntil('pods to be admitted', isAdmitted);
    const upgrade = ['helm', 'upgrade', installation.release, chart, '--namespace', installation.namespace];
    await run([...upgrade, '--values', '-'], JSON.stringify(confined()));
    await installation.start(); // waits until pods are hardened
    expect(await hardens(cluster, namespace)).toBe(true);
  });

  it('upgrades, and no pod is refused or left as it is', async () => {
    const stream = await CreateStream.start(cluster, namespace, 50);
    await installation.upgrade({ ...confined(), log: { level: 'debug' }, podLabels: { tier: 'security' } });
    await installation.rollOver();
    await installation.upgrade(confined());
    await installation.rollOver();
    const measured = await stream.end();
    expect(Object.fromEntries(measured.failed)).toEqual({});
    expect(measured.unserved).toBe(0);
    expect(measured.sent).toBeGreaterThan(50);
  });

  it('begins anew with a new authority where its Secret was deleted', async () => {
    const state = new SharedState(cluster, installation);
    const before = await state.texts();
    const [command = []] = await commandsBelow('A certificate has expired', installation);
    await run(command);
    // Replicas that run put back what they have.
    await waitUntil('the Secret', async () => (await state.texts())['ca.crt'] === before['ca.crt']);
  });

  it('uninstalls while nobody answers, the registration first, and leaves nothing that blocks', async () => {
    const state = new SharedState(cluster, installation);
    const processes = installation.processes.slice();
    expect(await isAdmitted()).toBe(true);
    for (const each of processes) each.signal('SIGSTOP');
    await waitUntil('pods to be refused', isRefused);
    const [uninstall = [], ...others] = await commandsBelow('Uninstall', installation);
    const said = await run([...uninstall, '--debug']);
    const kinds = Array.from(
      said.matchAll(/starting delete resource.* kind=(\w+)/g),
      ([, kind = '']) => kind,
    );
    const last = kinds.findLastIndex((kind) => kind.endsWith('WebhookConfiguration'));
    expect(kinds.length).toBeGreaterThan(5);
    expect(kinds.slice(0, last + 1).every((kind) => kind.endsWith('WebhookConfiguration'))).toBe(true);
    expect(last).toBeGreaterThanOrEqual(0);
    for (const path of registrations) expect((await cluster.request('GET', path)).status).toBe(404);
    await waitUntil('pods to be admitted', isAdmitted);
    // Those that still run, until the kubelet ends them, have no right any more to bring anything back.
    for (const each of processes) each.signal('SIGCONT');
    await delay(3000);
    expect((await cluster.request('GET', state.secretPath)).status).toBe(404);
    for (const path of registrations) expect((await cluster.request('GET', path)).status).toBe(404);
    const left = await cluster.kubectl([
      'get',
      'all,secrets,configmaps,leases,serviceaccounts,roles,rolebindings,poddisruptionbudgets',
      '--namespace',
      installation.namespace,
      '-o',
      'name',
    ]);
    const ours = left.stdout.split('\n').filter((name) => name.includes(installation.release));
    expect(ours.filter((name) => !name.startsWith('pod/'))).toEqual([
      `lease.coordination.k8s.io/${installation.release}-authority`,
    ]);
    const [lease = []] = others;
    await run(lease);
    expect((await cluster.request('GET', state.leasePath)).status).toBe(404);
  });
});
