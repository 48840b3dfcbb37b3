/**
 * A Deployment with all the properties of the guide's sample, in front of a real API server: admitted without us and
 * with us, hardened where it lacks something, and no finding for the single file of the node that it only reads.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Deployment } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { itemsThat, sample } from '../guides/rows.js';
import { dryRun, hardenedAnnotation, modeLabel, ownWarnings } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

const warnRestricted = { 'pod-security.kubernetes.io/warn': 'restricted' };

let cluster: Cluster;
let installation: Installation;
const namespaces = { without: '', with: '' };

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
  namespaces.without = await installation.createNamespace('guide-without', warnRestricted);
  namespaces.with = await installation.createNamespace('guide-with', {
    ...warnRestricted,
    [modeLabel]: 'enforce',
  });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** The pod of the Deployment, as its ReplicaSet makes it. */
function samplePod() {
  const { template } = (parse(sample) as V1Deployment).spec ?? {};
  const { labels, annotations } = template?.metadata ?? {};
  return { metadata: { name: 'sample', labels, annotations }, spec: template?.spec };
}

/** What Pod Security complains about, each rule it names. */
function complaints(warnings: readonly string[]): string[] {
  const text = warnings.find((warning) => warning.includes('would violate PodSecurity')) ?? '';
  return Array.from(
    text.replace(/^would violate PodSecurity "[^"]*": /, '').matchAll(/(?:^|, )([^(),]+?) (?:!= \S+ )?\(/g),
    ([, rule = '']) => rule,
  );
}

describe("the guide's sample", () => {
  it.each(['without', 'with'] as const)('is accepted %s us, Deployment and pod', async (which) => {
    const namespace = namespaces[which];
    const applied = await cluster.kubectl(
      ['apply', '--namespace', namespace, '--dry-run=server', '-f', '-'],
      {
        input: sample,
      },
    );
    expect(applied).toMatchObject({ code: 0, stdout: 'deployment.apps/sample created (server dry run)\n' });
    const { status, body } = await dryRun(cluster, namespace, samplePod());
    expect(status).toBe(201);
    const isHardened = body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    expect(isHardened).toBe(which === 'with');
  });

  it('gets runAsNonRoot, resources, and ALL beside its lower-case all', async () => {
    const { body } = await dryRun(cluster, namespaces.with, samplePod());
    const [container] = body.spec?.containers ?? [];
    expect(container?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['all', 'ALL'] },
    });
    expect(container?.resources).toEqual({
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
    expect(body.metadata?.annotations).toMatchObject({
      'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
    });
  });

  it('reaches level restricted but for its volume of the node, for which there is no finding', async () => {
    const before = await dryRun(cluster, namespaces.without, samplePod());
    expect(complaints(before.warnings)).toEqual(
      expect.arrayContaining(['unrestricted capabilities', 'runAsNonRoot']),
    );
    const after = await dryRun(cluster, namespaces.with, samplePod());
    expect(complaints(after.warnings).toSorted()).toEqual(['restricted volume types']);
    expect(ownWarnings(after.warnings).join(' ')).not.toContain('localtime');
  });

  it('leaves items 1 and 16 of the checklist open, and no other', () => {
    expect(itemsThat('open', sample, 'cloud')).toEqual(['1', '16']);
  });
});
