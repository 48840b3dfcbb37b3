import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { barePod, dryRun, modeLabel, policyLabel, policyNamed } from './barePod.js';
import { type ControlPlane, startControlPlane } from './controlPlane.js';
import { type Installation, install } from './installation.js';
import { waitUntil } from './waiting.js';

const pool = { key: 'example.com/pool', operator: 'Equal', value: 'shop', effect: 'NoSchedule' };
const scope = {
  mode: 'enforce',
  nodeSelector: { 'example.com/pool': 'shop' },
  tolerations: [pool],
};
const policies = { scope: policyNamed('scope', { controls: { scheduling: scope } }) };

type Settled = (pod: V1Pod) => boolean;
const tolerating = { ...barePod, spec: { ...barePod.spec, tolerations: [pool] } };
const sized = {
  ...barePod,
  spec: { containers: [{ name: 'app', image: 'app', resources: { limits: { memory: '64Mi' } } }] },
};

/** What lists tolerations of Kubernetes by these names, and others. */
const listing = (names: readonly string[], ...others: object[]) => ({
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist': JSON.stringify([
    ...names.map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists' })),
    ...others,
  ]),
});
/** What each pod is given. */
const usual = ['not-ready', 'unreachable'];

/** Plugins that are off by default and have an opinion on where pods run, on an API server of their own. */
describe('an API server that watches over tolerations and node selectors', () => {
  let cluster: ControlPlane;
  let installation: Installation;

  beforeAll(async () => {
    cluster = await startControlPlane({
      apiServerFlags: ['--enable-admission-plugins=PodTolerationRestriction,PodNodeSelector'],
    });
    installation = await install(cluster, { values: { policies } });
  });

  afterAll(async () => {
    await installation?.uninstall();
    await cluster?.stop();
  });

  async function namespaceWith(title: string, annotations: Record<string, string>, labels = {}) {
    const namespace = await installation.createNamespace(title, labels);
    await cluster.requestOk('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { annotations } });
    return namespace;
  }

  /** What becomes of pods under the policy once the webhook knows the annotations; before, they may be refused. */
  async function hardened(title: string, annotations: Record<string, string>, isSettled: Settled) {
    const labels = { [modeLabel]: 'enforce', [policyLabel]: 'scope' };
    const namespace = await namespaceWith(title, annotations, labels);
    await waitUntil('the webhook to know the namespace', async () => {
      const { body } = await dryRun(cluster, namespace, barePod);
      return isSettled(body);
    });
    return dryRun(cluster, namespace, barePod);
  }

  it('takes with us what it takes without us where the namespace lists tolerations', async () => {
    const plain = await namespaceWith('plain', listing(usual));
    // What the policy would add, and what a pod with resources is given, it refuses.
    for (const pod of [tolerating, sized]) expect((await dryRun(cluster, plain, pod)).status).not.toBe(201);
    const without = await dryRun(cluster, plain, barePod);
    const { status, body } = await hardened('listed', listing(usual), ({ spec }) => spec !== undefined);
    expect([without.status, status]).toEqual([201, 201]);
    expect(body.spec?.tolerations).toEqual(without.body.spec?.tolerations);
    expect(body.spec?.nodeSelector).toBeUndefined();
    expect(body.status?.qosClass).toBe('BestEffort');
    expect(body.spec?.containers[0]?.securityContext?.runAsNonRoot).toBe(true);
  });

  it('is given what the namespace lists', async () => {
    const { status, body } = await hardened(
      'wide',
      listing([...usual, 'memory-pressure'], pool),
      ({ spec }) => spec !== undefined,
    );
    expect(status).toBe(201);
    expect(body.spec?.tolerations).toContainEqual(pool);
    expect(body.status?.qosClass).toBe('Burstable');
  });

  it('leaves the nodes to the namespace that selects them', async () => {
    const { status, body } = await hardened(
      'selecting',
      { 'scheduler.alpha.kubernetes.io/node-selector': 'example.com/pool=bank' },
      ({ spec }) => spec?.nodeSelector !== undefined,
    );
    expect([status, body.spec?.nodeSelector]).toEqual([201, { 'example.com/pool': 'bank' }]);
    expect(body.spec?.tolerations).not.toContainEqual(pool);
  });
});
