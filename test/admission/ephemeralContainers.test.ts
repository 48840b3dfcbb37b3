import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Reviewed, mutate } from '../../src/admission/mutate.js';
import { decodeReview } from '../../src/admission/review.js';
import { ReviewService, type ReviewServiceOptions } from '../../src/admission/service.js';
import { annotationKeys, type EphemeralContainer, type Pod } from '../../src/kubernetes.js';
import { brokenPolicies } from './brokenPolicies.js';
import { namespaceWith, planner, policiesOf } from './plans.js';
import { type RecordedObserver, recordedObserver } from './recordedObserver.js';
import { decodedRequest, type Fields, plainPod, readAnswer, reviewOf } from './reviews.js';

const update = { operation: 'UPDATE', subResource: 'ephemeralcontainers' } as const;
const debuggerContainer: EphemeralContainer = { name: 'debugger', image: 'busybox' };
const enforcing = { ephemeralContainers: { mode: 'enforce' } };

/** The pod as it is stored, of a controller and hardened by us. */
const stored: Pod = {
  ...plainPod,
  metadata: {
    ...plainPod.metadata,
    annotations: { [annotationKeys.hardened]: 'default: capabilities' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true }],
  },
};

/** A pod with those ephemeral containers. */
function withEphemeral(pod: Pod, ...ephemeralContainers: EphemeralContainer[]): Pod {
  return { ...pod, spec: { ...pod.spec, ephemeralContainers } };
}

interface ReviewOptions {
  before?: Pod;
  policy?: Fields;
  labels?: Record<string, string>;
}

/** The answer where `before` is about to become `after`. */
function review(
  after: Pod,
  { before = stored, policy = enforcing, labels = {} }: ReviewOptions = {},
): Reviewed {
  const request = decodedRequest(after, { ...update, oldObject: before });
  return mutate(request, namespaceWith(labels), planner(policiesOf(policy)));
}

const hardContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

describe('an ephemeral container', () => {
  it('has its security context hardened, and nothing else of the pod is touched', () => {
    const { response, report } = review(withEphemeral(stored, debuggerContainer));
    expect(response.patch).toEqual([
      { op: 'add', path: '/spec/ephemeralContainers/0/securityContext', value: hardContext },
    ]);
    expect(report?.hardened).toEqual(
      withEphemeral(stored, { ...debuggerContainer, securityContext: hardContext }),
    );
  });

  it('is told of to the person who adds it, though a controller has made the pod', () => {
    const { warnings } = review(withEphemeral(stored, debuggerContainer)).response;
    expect(warnings).toEqual([
      'podtemper: hardened by policy default: allowPrivilegeEscalation, capabilities, runAsNonRoot, seccompProfile',
    ]);
  });

  it('is in the audit log, under the keys of a first call', () => {
    const { auditAnnotations } = review(withEphemeral(stored, debuggerContainer)).response;
    expect(auditAnnotations).toEqual({
      policy: 'default/enforce',
      hardened: 'allowPrivilegeEscalation,capabilities,runAsNonRoot,seccompProfile',
      skipped:
        'ephemeralContainers/debugger readOnlyRootFilesystem: ephemeral; ' +
        'ephemeralContainers/debugger resources: ephemeral',
    });
  });

  it('that is there already is left alone, wherever the patch puts it', () => {
    const before = withEphemeral(stored, debuggerContainer);
    const after = withEphemeral(stored, { name: 'second', image: 'busybox' }, debuggerContainer);
    const { response, report } = review(after, { before });
    expect(response.patch.map(({ path }) => path)).toEqual(['/spec/ephemeralContainers/0/securityContext']);
    expect(new Set(report?.findings.map(({ target }) => target))).toEqual(
      new Set(['ephemeralContainers/second']),
    );
    expect(review(before, { before }).response).toMatchObject({ patch: [], warnings: [] });
  });

  it.each([
    ['of the pod’s annotation', { metadata: { annotations: { [annotationKeys.optOut]: 'all' } } }],
    ['of its system', { spec: { ...stored.spec, os: { name: 'windows' } } }],
    ['of its user', { spec: { ...stored.spec, securityContext: { runAsUser: 0 } } }],
    ['of its containers', { spec: { containers: [] } }],
  ])('is not exempted by a change %s in the same request, which the API server reverts', (_, changes) => {
    const { response } = review(withEphemeral({ ...stored, ...changes }, debuggerContainer));
    expect(response.patch).toEqual([
      { op: 'add', path: '/spec/ephemeralContainers/0/securityContext', value: hardContext },
    ]);
  });

  it('of a pod that nearly fills its room in etcd is left alone, and told so', () => {
    const answerTo = (length: number) => {
      const before = { ...stored, metadata: { annotations: { filler: 'x'.repeat(length) } } };
      const text = reviewOf(withEphemeral(before, debuggerContainer), { ...update, oldObject: before });
      return mutate(decodeReview(text), namespaceWith({}), planner(policiesOf(enforcing))).response;
    };
    expect(answerTo(1_568_000)).toMatchObject({ patch: [], auditAnnotations: { exempt: 'nearlyTooLarge' } });
    expect(answerTo(1_560_000).patch).toHaveLength(1);
  });

  it('of a pod that opted out is left alone', () => {
    const annotations = { [annotationKeys.optOut]: 'all' };
    const before = { ...stored, metadata: { annotations } };
    const { response } = review(withEphemeral(before, debuggerContainer), { before });
    expect(response).toMatchObject({ patch: [], warnings: [] });
    expect(response.auditAnnotations.skipped).toContain('debugger capabilities: optedOut');
  });

  it('of a mirror pod is left alone, which the API server refuses it', () => {
    const before = { ...stored, metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } };
    const { response } = review(withEphemeral(before, debuggerContainer), { before });
    expect(response).toMatchObject({ patch: [], warnings: [], auditAnnotations: { exempt: 'mirrorPod' } });
  });

  it.each([
    ['enforce', 'warn', 'warn'],
    ['warn', 'enforce', 'warn'],
    ['enforce', 'audit', 'audit'],
    ['audit', 'warn', 'audit'],
  ] as const)('in a namespace in mode %s under a policy in mode %s is in mode %s', (label, mode, weaker) => {
    const { response, report } = review(withEphemeral(stored, debuggerContainer), {
      policy: { ephemeralContainers: { mode } },
      labels: { 'podtemper.io/mode': label },
    });
    expect(report?.mode).toBe(weaker);
    expect(response.patch).toEqual([]);
    expect(response.warnings.join().includes('would harden by policy default')).toBe(weaker === 'warn');
    expect(response.auditAnnotations).toHaveProperty('would-harden');
  });

  it('is not looked at where the policy does not say so', () => {
    const { response, report } = review(withEphemeral(stored, debuggerContainer), { policy: {} });
    expect(report).toBeUndefined();
    expect(response).toEqual({ allowed: true, patch: [], warnings: [], auditAnnotations: {} });
  });
});

describe('the webhook', () => {
  let observer: RecordedObserver;

  beforeEach(() => {
    observer = recordedObserver();
  });

  const fault = () => {
    throw new Error('not to be asked');
  };

  /** The answer to the addition of a container, of a webhook with these options. */
  async function answer(options: Partial<ReviewServiceOptions>) {
    const service = new ReviewService({
      policies: () => policiesOf(enforcing),
      facts: undefined,
      unlabelledMode: undefined,
      defaultPolicy: 'default',
      now: Date.now,
      observer,
      ...options,
    });
    const fields = { ...update, oldObject: stored };
    return readAnswer(await service.answer(reviewOf(withEphemeral(stored, debuggerContainer), fields)));
  }

  it('asks for the facts of the namespace, and hardens as they say', async () => {
    const facts = {
      get: () => undefined,
      fetch: async () => namespaceWith({ 'podtemper.io/mode': 'enforce' }),
    };
    expect((await answer({ facts })).patch).toHaveLength(1);
    expect(observer.answers).toMatchObject([
      { observation: { subResource: 'ephemeralcontainers', name: 'web' }, report: { mode: 'enforce' } },
    ]);
  });

  it('asks for nothing where no policy looks at ephemeral containers', async () => {
    const policies = policiesOf();
    const { patch, warnings, auditAnnotations } = await answer({
      policies: () => policies,
      facts: { get: fault, fetch: fault },
    });
    expect({ patch, warnings, auditAnnotations }).toEqual({
      patch: undefined,
      warnings: [],
      auditAnnotations: {},
    });
    expect(observer.answers).toMatchObject([{ report: undefined }]);
  });

  it.each<[string, Partial<ReviewServiceOptions>]>([
    ['the policies', { policies: fault }],
    ['the facts', { facts: { get: fault, fetch: fault } }],
    [
      'a control',
      { policies: () => brokenPolicies(new Error('broken'), enforcing), unlabelledMode: 'enforce' },
    ],
  ])('lets the container pass where a fault of ours lies in %s', async (_, options) => {
    const { patch, warnings } = await answer(options);
    expect(patch).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^podtemper: not hardened/)]);
    expect(observer.failures).toHaveLength(1);
  });
});
