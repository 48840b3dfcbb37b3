import { describe, expect, it } from '@jest/globals';
import type { Told } from '../../src/admission/events.js';
import { ReviewService } from '../../src/admission/service.js';
import type { Endpoint } from '../../src/admission/endpoints.js';
import { namespaceWith, policiesOf } from './plans.js';
import { recordedObserver } from './recordedObserver.js';
import { type Fields, plainPod, reviewOf } from './reviews.js';

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'uid-of-web-1' };

/** A pod of a ReplicaSet; `null` for a pod that nobody looks after, as it is judged. */
function podOf(controller: Fields | null, annotations: Fields = {}, container: Fields = {}) {
  const ownerReferences = controller === null ? [] : [{ ...controller, controller: true }];
  return {
    ...plainPod,
    metadata: { name: 'web', uid: 'uid-of-pod', annotations, ownerReferences },
    spec: { containers: [{ ...plainPod.spec.containers[0], ...container }] },
  };
}

interface Place {
  readonly endpoint?: Endpoint;
  readonly labels?: Record<string, string>;
  readonly policy?: Fields;
  readonly fields?: Fields;
}

/** What is told of the pod by Events. */
async function toldOf(
  pod: unknown,
  { endpoint = 'mutate', labels = {}, policy = {}, fields = {} }: Place = {},
) {
  const told: Told[] = [];
  const policies = policiesOf(policy);
  const facts = namespaceWith({ 'podtemper.io/mode': 'enforce', ...labels });
  const observer = recordedObserver();
  const service = new ReviewService({
    policies: () => policies,
    facts: { get: () => facts, fetch: () => Promise.resolve(undefined) },
    unlabelledMode: undefined,
    defaultPolicy: 'default',
    now: () => Date.parse('2026-06-15'),
    observer,
    events: { record: (_namespace, one) => void told.push(one) },
  });
  await service.answer(reviewOf(pod, fields), endpoint);
  expect(observer.failures).toEqual([]);
  return told.flatMap(({ subject, texts }) =>
    texts.map((text) => ({ of: `${subject.kind} ${subject.name}`, ...text })),
  );
}

const hardened = {
  of: 'ReplicaSet web-1',
  reason: 'Hardened',
  type: 'Normal',
  message:
    'its pods are hardened by policy default: allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, resources, ' +
    'runAsNonRoot, seccompProfile',
};

describe('the controller of a pod', () => {
  it('is told that it is hardened', async () => {
    expect(await toldOf(podOf(owner))).toEqual([hardened]);
  });

  it('is told what was left out, and why', async () => {
    const root = { securityContext: { runAsUser: 0 } };
    expect(await toldOf(podOf(owner, {}, root))).toContainEqual({
      of: 'ReplicaSet web-1',
      reason: 'HardeningSkipped',
      type: 'Warning',
      message: expect.stringMatching(/^containers\/app without runAsNonRoot: runAsUser is explicitly 0, /),
    });
  });

  it('is told that it opted out, with the reason and the last day', async () => {
    const annotations = {
      'podtemper.io/opt-out': 'resources,capabilities',
      'podtemper.io/opt-out-reason': 'old\nimage',
      'podtemper.io/opt-out-until': '2026-12-31',
    };
    expect(await toldOf(podOf(owner, annotations))).toContainEqual({
      of: 'ReplicaSet web-1',
      reason: 'OptedOut',
      type: 'Normal',
      message: 'its pods opted out of resources, capabilities, because: old image, until 2026-12-31',
    });
  });

  it('is told that it is refused', async () => {
    const pod = podOf(owner, {}, { securityContext: { privileged: true } });
    const place = { endpoint: 'validate', policy: { controls: { privileged: { mode: 'deny' } } } } as const;
    expect(await toldOf(pod, place)).toEqual([
      {
        of: 'ReplicaSet web-1',
        reason: 'HardeningDenied',
        type: 'Warning',
        message: expect.stringMatching(
          /^policy default in namespace shop refuses the pod for privileged - privileged: spec/,
        ),
      },
    ]);
  });

  it('is told no more than an Event can hold', async () => {
    const root = { securityContext: { runAsUser: 0, capabilities: { add: ['SYS_ADMIN'] } } };
    const containers = Array.from({ length: 200 }, (_, index) => ({
      name: `container-${index}`,
      image: 'a',
      ...root,
    }));
    const told = await toldOf({ ...podOf(owner), spec: { containers } });
    for (const { message } of told) expect(message.length).toBeLessThanOrEqual(1001);
  });
});

describe('a pod that nobody looks after', () => {
  const mark = { 'podtemper.io/hardened': 'default: capabilities,runAsNonRoot' };
  const validate = { endpoint: 'validate' } as const;

  it('is told of once it has an identity, which it has when it is judged', async () => {
    expect(await toldOf(podOf(null))).toEqual([]);
    expect(await toldOf(podOf(null, mark), validate)).toEqual([
      {
        of: 'Pod web',
        reason: 'Hardened',
        type: 'Normal',
        message: 'hardened by policy default: capabilities,runAsNonRoot',
      },
    ]);
  });

  it('is told that it opted out', async () => {
    const told = await toldOf(podOf(null, { 'podtemper.io/opt-out': 'resources' }), validate);
    expect(told).toMatchObject([{ of: 'Pod web', reason: 'OptedOut', message: 'opted out of resources' }]);
  });

  it('is told nothing where it is refused: it never comes to be', async () => {
    const place = { ...validate, policy: { requireHardened: true } };
    expect(await toldOf(podOf(null), place)).toEqual([]);
  });

  it('is not taken to be hardened for a mark that it was copied with', async () => {
    expect(await toldOf(podOf(null, mark), { ...validate, labels: { 'podtemper.io/mode': 'warn' } })).toEqual(
      [],
    );
  });
});

describe('nobody is told', () => {
  const root = podOf(owner, {}, { securityContext: { runAsUser: 0 } });

  it.each<[string, unknown, Place]>([
    ['of a dry run', root, { fields: { dryRun: true } }],
    ['of an update', root, { fields: { operation: 'UPDATE', oldObject: root } }],
    [
      'of what was not done in a namespace that only audits',
      root,
      { labels: { 'podtemper.io/mode': 'audit' } },
    ],
    ['of the copy of a static pod', podOf(owner, { 'kubernetes.io/config.mirror': 'x' }), {}],
    ['of an owner that is no controller', { ...root, metadata: { ownerReferences: [owner] } }, {}],
    ['of a pod without an identity', { ...plainPod, metadata: {} }, { endpoint: 'validate' }],
    ['of a pod that is none', null, {}],
    ['of one that was admitted of a controller', root, { endpoint: 'validate' }],
  ])('%s', async (_, pod, place) => {
    expect(await toldOf(pod, place)).toEqual([]);
  });
});
