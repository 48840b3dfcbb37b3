import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1EphemeralContainer, V1Pod } from '@kubernetes/client-node';
import { type ApiResponse } from './apiClient.js';
import {
  annotated,
  barePod,
  hardContainer,
  modeLabel,
  ownWarnings,
  policyLabel,
  policyNamed,
  restricted,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type CommandResult } from './commands.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const modes = ['enforce', 'warn', 'audit'] as const;
const policies = Object.fromEntries(
  modes.map((mode) => [`debug-${mode}`, policyNamed(`debug-${mode}`, { ephemeralContainers: { mode } })]),
);

/** What a debugger that says nothing becomes beside a container that we have hardened. */
const { readOnlyRootFilesystem: _, ...hardContext } = hardContainer.securityContext;
const hardControls = 'allowPrivilegeEscalation, capabilities, runAsNonRoot, seccompProfile';

let cluster: Cluster;
let installation: Installation;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies, webhook: { ephemeralContainers: true } } });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** A namespace with these labels in which a pod runs, as far as a pod can without a kubelet. */
async function namespaceWithPod(
  title: string,
  labels: Record<string, string>,
  pod: object = barePod,
): Promise<string> {
  const namespace = await installation.createNamespace(title, labels);
  await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
  return namespace;
}

const enforcing = { [modeLabel]: 'enforce', [policyLabel]: 'debug-enforce' };
const pathIn = (namespace: string) => `/api/v1/namespaces/${namespace}/pods/bare`;
const podIn = (namespace: string) => cluster.requestOk<V1Pod>('GET', pathIn(namespace));

/** The security context of each ephemeral container of the pod, by name. */
async function contextsIn(namespace: string): Promise<Record<string, unknown>> {
  const { ephemeralContainers = [] } = (await podIn(namespace)).spec ?? {};
  return Object.fromEntries(ephemeralContainers.map(({ name, securityContext }) => [name, securityContext]));
}

/** Adds a container as kubectl does, without its client. */
function patch(namespace: string, container: V1EphemeralContainer, query = ''): Promise<ApiResponse<V1Pod>> {
  const body = { spec: { ephemeralContainers: [container] } };
  const contentType = 'application/strategic-merge-patch+json';
  return cluster.request('PATCH', `${pathIn(namespace)}/ephemeralcontainers${query}`, body, { contentType });
}

/** How many decisions with these labels have been counted. */
async function decisions(labels: Record<string, string>): Promise<number> {
  const samples = (await installation.processes[0]?.counters('podtemper_decisions_total')) ?? [];
  const wanted = samples.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return wanted.reduce((sum, { value }) => sum + value, 0);
}

/** Runs `kubectl debug` on the pod. */
function debug(namespace: string, ...args: string[]): Promise<CommandResult> {
  const own = ['--namespace', namespace, '--image=busybox', '--attach=false', ...args];
  return cluster.kubectl(['debug', 'bare', ...own, '--', 'sleep', '1']);
}

/** What kubectl prints of ours. */
function told({ stderr }: CommandResult): string[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('Warning: podtemper:'));
  return ownWarnings(lines.map((line) => line.replace('Warning: ', '')));
}

describe('kubectl debug', () => {
  it.each([
    ['not opted in', { [policyLabel]: 'debug-enforce' }],
    ['opted in, under a policy that says nothing of it', { [modeLabel]: 'enforce' }],
  ])('in a namespace that is %s adds what was asked for', async (title, labels) => {
    const namespace = await namespaceWithPod(title.replaceAll(/\W+/g, '-'), labels);
    const before = await podIn(namespace);
    const result = await debug(namespace, '--container=debugger', '--target=app', '--profile=baseline');
    expect(result).toMatchObject({ code: 0 });
    expect(told(result)).toEqual([]);
    expect(await contextsIn(namespace)).toEqual({ debugger: undefined });
    expect((await podIn(namespace)).spec?.containers).toEqual(before.spec?.containers);
  });

  it('adds a hardened container, says so, and leaves the rest of the pod as it was', async () => {
    const namespace = await namespaceWithPod('debugged', enforcing);
    const before = await podIn(namespace);
    const result = await debug(namespace, '--target=app', '--profile=baseline');
    expect(result).toMatchObject({ code: 0 });
    expect(told(result)).toEqual([`hardened by policy debug-enforce: ${hardControls}`]);
    const { metadata, spec } = await podIn(namespace);
    const { ephemeralContainers, ...rest } = spec ?? {};
    expect(rest).toEqual(before.spec);
    expect(metadata?.annotations).toEqual(before.metadata?.annotations);
    expect(ephemeralContainers).toMatchObject([
      { image: 'busybox', targetContainerName: 'app', securityContext: hardContext, resources: {} },
    ]);
    expect(ephemeralContainers?.[0]).not.toHaveProperty('volumeMounts');
  });

  it('adds one after the other, of which the first stays as it is', async () => {
    const namespace = await namespaceWithPod('twice', { [modeLabel]: 'enforce' });
    const args = ['--target=app', '--profile=baseline'];
    expect(await debug(namespace, '--container=first', ...args)).toMatchObject({ code: 0 });
    await cluster.kubectl(['label', 'namespace', namespace, `${policyLabel}=debug-enforce`]);
    await waitUntil('the policy', async () => {
      const { warnings } = await patch(namespace, { name: 'tried', image: 'busybox' }, '?dryRun=All');
      return warnings.length > 0;
    });
    for (const name of ['second', 'third'])
      expect(await debug(namespace, `--container=${name}`, ...args)).toMatchObject({ code: 0 });
    expect(await contextsIn(namespace)).toEqual({
      first: undefined,
      second: hardContext,
      third: hardContext,
    });
  });

  it.each(['warn', 'audit'] as const)('under a policy in mode %s adds what was asked for', async (mode) => {
    const namespace = await namespaceWithPod(`policy-${mode}`, {
      [modeLabel]: 'enforce',
      [policyLabel]: `debug-${mode}`,
    });
    const labels = { control: 'capabilities', decision: 'would_change' };
    const before = await decisions(labels);
    const result = await debug(namespace, '--container=debugger', '--profile=baseline');
    expect(result).toMatchObject({ code: 0 });
    expect(told(result)).toEqual(
      mode === 'warn' ? [`would harden by policy debug-warn: ${hardControls}`] : [],
    );
    expect(await contextsIn(namespace)).toEqual({ debugger: undefined });
    expect(await decisions(labels)).toBe(before + 1);
  });

  const dropAll = { drop: ['ALL'] };

  /** What each profile comes to: an explicit choice wins. */
  const profiles: [string, object | undefined][] = [
    ['general', { ...hardContext, capabilities: { ...dropAll, add: ['SYS_PTRACE'] } }],
    ['baseline', hardContext],
    ['restricted', hardContext],
    ['netadmin', { ...hardContext, capabilities: { ...dropAll, add: ['NET_ADMIN', 'NET_RAW'] } }],
    ['sysadmin', { privileged: true }],
  ];

  it.each(profiles)(
    'with profile %s adds a container that has what it asks for',
    async (profile, context) => {
      const namespace = await namespaceWithPod(`profile-${profile}`, enforcing);
      const result = await debug(namespace, '--container=debugger', '--target=app', `--profile=${profile}`);
      expect(result).toMatchObject({ code: 0 });
      expect(await contextsIn(namespace)).toEqual({ debugger: context });
    },
  );

  it('with a custom profile keeps the user that this names, and the root that it may write to', async () => {
    const namespace = await namespaceWithPod('custom', enforcing);
    const file = join(cluster.directory, `${namespace}.json`);
    const own = { runAsUser: 0, readOnlyRootFilesystem: false, allowPrivilegeEscalation: true };
    await writeFile(file, JSON.stringify({ securityContext: own }));
    const args = ['--container=debugger', '--profile=baseline', `--custom=${file}`];
    const result = await debug(namespace, ...args);
    expect(result).toMatchObject({ code: 0 });
    expect(told(result)).toContainEqual(expect.stringContaining('debugger without runAsNonRoot: '));
    const { seccompProfile, capabilities } = hardContext;
    expect(await contextsIn(namespace)).toEqual({ debugger: { ...own, seccompProfile, capabilities } });
  });
});

describe('in a namespace that enforces Pod Security level restricted, kubectl debug', () => {
  const { securityContext } = hardContainer;
  const pod = { ...barePod, spec: { containers: [{ ...barePod.spec.containers[0], securityContext }] } };

  /** Whether a container by that profile is admitted, without us and with us. */
  const cases: [string, boolean, boolean][] = [
    ['baseline', false, true],
    ['restricted', true, true],
    ['general', false, false],
    ['netadmin', false, false],
    ['sysadmin', false, false],
  ];

  it.each(cases)(
    'with profile %s is admitted: %j without us, %j with us',
    async (profile, without, withUs) => {
      const args = ['--target=app', `--profile=${profile}`];
      const plain = await namespaceWithPod(`plain-${profile}`, restricted, pod);
      const optedIn = await namespaceWithPod(`restricted-${profile}`, { ...restricted, ...enforcing }, pod);
      for (const [namespace, isAdmitted] of [
        [plain, without],
        [optedIn, withUs],
      ] as const) {
        const { code, stderr } = await debug(namespace, ...args);
        expect({
          namespace,
          code,
          isRefused: stderr.includes('violates PodSecurity "restricted:latest"'),
        }).toEqual({ namespace, code: isAdmitted ? 0 : 1, isRefused: !isAdmitted });
      }
    },
  );
});

interface StoredPod {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown> & { ephemeralContainers: object[] };
}

describe('an ephemeral container', () => {
  it.each([
    ['has opted out', annotated({ 'podtemper.io/opt-out': 'all' })],
    ['runs on windows', { ...barePod, spec: { ...barePod.spec, os: { name: 'windows' } } }],
  ])('of a pod that %s is left alone', async (title, pod) => {
    const namespace = await namespaceWithPod(title.replaceAll(/\W+/g, '-'), enforcing, pod);
    const { status } = await patch(namespace, { name: 'debugger', image: 'busybox' });
    expect(status).toBe(200);
    expect(await contextsIn(namespace)).toEqual({ debugger: undefined });
  });

  it('of a mirror pod is refused, as it is without us', async () => {
    const pod = annotated({ 'kubernetes.io/config.mirror': 'x' });
    const answers = [];
    for (const [title, labels] of [
      ['mirror-plain', {}],
      ['mirror', enforcing],
    ] as const) {
      const namespace = await namespaceWithPod(title, labels, {
        ...pod,
        spec: { ...pod.spec, nodeName: 'n' },
      });
      const { status, body } = await patch(namespace, { name: 'debugger', image: 'busybox' });
      answers.push({ status, message: (body as { message?: string }).message });
    }
    expect(answers[0]).toMatchObject({ status: 422, message: expect.stringContaining('static pods') });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('is hardened in a raw UPDATE too, whatever else that pretends of the pod', async () => {
    const namespace = await namespaceWithPod('raw', enforcing);
    expect(await debug(namespace, '--container=first', '--profile=baseline')).toMatchObject({ code: 0 });
    const stored = await cluster.requestOk<StoredPod>('GET', pathIn(namespace));
    const { metadata, spec } = stored;
    const ephemeralContainers = [{ name: 'second', image: 'busybox' }, ...spec.ephemeralContainers];
    const sent = {
      ...stored,
      metadata: { ...metadata, annotations: { 'podtemper.io/opt-out': 'all' } },
      spec: { ...spec, ephemeralContainers },
    };
    expect(await cluster.request('PUT', `${pathIn(namespace)}/ephemeralcontainers`, sent)).toMatchObject({
      status: 200,
    });
    const now = await cluster.requestOk<StoredPod>('GET', pathIn(namespace));
    expect(now.metadata['annotations']).toEqual(metadata['annotations']);
    expect(now.spec).toEqual({ ...spec, ephemeralContainers: now.spec.ephemeralContainers });
    expect(await contextsIn(namespace)).toEqual({ first: hardContext, second: hardContext });
  });
});
