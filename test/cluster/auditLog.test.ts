import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { annotated, dryRun, modeLabel, policyLabel, policyNamed, usualControls } from './barePod.js';
import { type ControlPlane, startControlPlane } from './controlPlane.js';
import { type Installation, install } from './installation.js';

const eventSchema = z.looseObject({
  objectRef: z.looseObject({ namespace: z.string() }),
  annotations: z.record(z.string(), z.string()),
});

/** An audit log costs each request a line, so that this API server is one of its own. */
describe('the audit log of the API server', () => {
  let directory: string;
  let cluster: ControlPlane | undefined;
  let installation: Installation | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podtemper-audit-'));
    const creations = {
      level: 'Metadata',
      verbs: ['create'],
      resources: [{ group: '', resources: ['pods'] }],
    };
    const policy = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [creations, { level: 'None' }],
    };
    await writeFile(join(directory, 'policy.json'), JSON.stringify(policy));
    cluster = await startControlPlane({
      apiServerFlags: [
        `--audit-policy-file=${join(directory, 'policy.json')}`,
        `--audit-log-path=${join(directory, 'audit.log')}`,
      ],
    });
    const denying = policyNamed('denying', { controls: { privileged: { mode: 'deny' } } });
    installation = await install(cluster, { values: { policies: { denying } } });
  });

  afterAll(async () => {
    await installation?.uninstall();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** What is kept of the creation of a pod in a namespace with these labels: our part, by key. */
  async function annotationsOf(
    title: string,
    labels: Record<string, string>,
    pod: unknown,
    { status = 201, webhook = 'pods.podtemper.io' } = {},
  ) {
    if (!cluster || !installation) throw new Error('expected an installation, found none');
    const namespace = await installation.createNamespace(title, labels);
    expect(await dryRun(cluster, namespace, pod)).toMatchObject({ status });
    // The line is written before the answer is sent.
    const lines = (await readFile(join(directory, 'audit.log'), 'utf8')).trim().split('\n');
    const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
    const mine = events.filter(({ objectRef }) => objectRef.namespace === namespace);
    expect(mine).toHaveLength(1);
    const own = mine
      .flatMap(({ annotations }) => Object.entries(annotations))
      .filter(([key]) => key.startsWith(`${webhook}/`));
    return Object.fromEntries(own.map(([key, value]) => [key.replace(`${webhook}/`, ''), value]));
  }

  /** As every pod that asks for nothing, it gets the token of account `default`. */
  const flagged = 'managementPlane spec.automountServiceAccountToken: token';
  const usual = usualControls.replaceAll(', ', ',');
  const pod = annotated({ 'podtemper.io/opt-out': 'resources', team: 'blue' });

  it('tells which policy and which controls changed a pod, and what was skipped', async () => {
    expect(await annotationsOf('enforce', { [modeLabel]: 'enforce' }, pod)).toEqual({
      policy: 'default/enforce',
      hardened: usual.replace('resources,', ''),
      skipped: 'containers/app resources: optedOut',
      flagged,
    });
  });

  it.each(['warn', 'audit'])('tells what would have been done in mode %s', async (mode) => {
    expect(await annotationsOf(mode, { [modeLabel]: mode }, annotated({}))).toEqual({
      policy: `default/${mode}`,
      'would-harden': usual,
      flagged,
    });
  });

  it('tells why a pod was refused', async () => {
    const labels = { [modeLabel]: 'enforce', [policyLabel]: 'denying' };
    const container = { name: 'app', image: 'a', securityContext: { privileged: true } };
    const privileged = { metadata: { name: 'agent' }, spec: { containers: [container] } };
    const asked = { status: 403, webhook: 'pods.validate.podtemper.io' };
    expect(await annotationsOf('denying', labels, privileged, asked)).toEqual({
      refused: 'privileged spec.containers[0].securityContext.privileged: privilegedContainer',
    });
  });

  it('has nothing of ours where a namespace has not opted in', async () => {
    expect(await annotationsOf('none', {}, annotated({}))).toEqual({});
  });
});
