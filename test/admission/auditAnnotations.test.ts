import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Reviewed, mutate } from '../../src/admission/mutate.js';
import { annotationKeys, type NamespaceFacts, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { type NamespaceMode, namespaceModes } from '../../src/policy/plan.js';
import { podInNamespace, visitorArbitrary } from '../laws/pods.js';
import { policyArbitrary } from '../laws/policies.js';
import { applyPatch, planner, policiesOf } from './plans.js';
import { decodedRequest, plainPod } from './reviews.js';

/** A qualified name's last part, as the audit event wants it after `<webhook name>/`. */
const auditKey = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

function review(
  pod: Pod,
  mode: NamespaceMode = 'enforce',
  facts: NamespaceFacts = unknownNamespace('shop'),
): Reviewed {
  return mutate(decodedRequest(pod), facts, planner(policiesOf(), mode));
}

describe('audit annotations', () => {
  it('tell the policy, the mode and what was hardened', () => {
    expect(review(plainPod).response.auditAnnotations).toMatchObject({
      policy: 'default/enforce',
      hardened: expect.stringContaining('capabilities'),
    });
  });

  it.each(['warn', 'audit'] as const)('tell in mode %s what would be hardened', (mode) => {
    const { auditAnnotations } = review(plainPod, mode).response;
    expect(auditAnnotations).toMatchObject({
      policy: `default/${mode}`,
      'would-harden': expect.stringContaining('capabilities'),
    });
    expect(auditAnnotations).not.toHaveProperty('hardened');
  });

  it('tell why not, by container, control and reason', () => {
    const containers = [{ name: 'app', securityContext: { privileged: true } }];
    const { auditAnnotations } = review({ spec: { containers } }).response;
    expect(auditAnnotations.skipped).toContain('containers/app capabilities: privileged');
  });

  it('tell of an exemption alone', () => {
    const pod = { ...plainPod, metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } };
    expect(review(pod).response.auditAnnotations).toEqual({ exempt: 'mirrorPod' });
  });

  it('have keys that an audit event takes, and values that stay short', () => {
    const input = fc.tuple(podInNamespace, policyArbitrary, fc.constantFrom(...namespaceModes));
    const property = fc.property(input, ([{ pod, facts }, document, mode]) => {
      const planFor = planner(compilePolicies([document]), mode);
      const { auditAnnotations } = mutate(decodedRequest(pod), facts, planFor).response;
      for (const [key, value] of Object.entries(auditAnnotations)) {
        expect(key).toMatch(auditKey);
        expect(value.length).toBeLessThanOrEqual(2048);
        expect(value).not.toBe('');
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('stay short where 500 containers are skipped', () => {
    const containers = Array.from({ length: 500 }, (_, index) => ({
      name: `container-${index}`,
      securityContext: { privileged: true },
    }));
    const { skipped } = review({ spec: { containers } }).response.auditAnnotations;
    expect(skipped).toHaveLength(2048);
  });
});

describe('when we are called again for the same pod', () => {
  /** Keys of the second call whose value is not that of the first: the API server refuses to overwrite. */
  function overwritten(first: Reviewed, second: Reviewed): string[] {
    const before = first.response.auditAnnotations;
    return Object.entries(second.response.auditAnnotations)
      .filter(([key, value]) => before[key] !== undefined && before[key] !== value)
      .map(([key]) => key);
  }

  const again = (first: Reviewed, pod: Pod, mode: NamespaceMode, change = (patched: Pod) => patched) =>
    review(change(applyPatch(pod, first.response.patch)), mode);

  const withSidecar = (sidecar: Pod['spec']['containers'][number]) => (pod: Pod) => ({
    ...pod,
    spec: { ...pod.spec, containers: [...pod.spec.containers, sidecar] },
  });

  it('no value changes where the pod is as we left it', () => {
    const property = fc.property(
      podInNamespace,
      fc.constantFrom(...namespaceModes),
      ({ pod, facts }, mode) => {
        const first = review(pod, mode, facts);
        // Where the annotation of ours finds no room, nothing tells a second call from a first.
        fc.pre(first.report?.notices.every(({ code }) => code !== 'noRoomForMark') ?? true);
        const second = review(applyPatch(pod, first.response.patch), mode, facts);
        expect(overwritten(first, second)).toEqual([]);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('no value changes where another webhook has added a container, which has keys of its own', () => {
    const property = fc.property(visitorArbitrary, (sidecar) => {
      const first = review(plainPod);
      const second = again(first, plainPod, 'enforce', withSidecar(sidecar));
      expect(overwritten(first, second)).toEqual([]);
    });
    fc.assert(property, { numRuns: 100 });
    const second = again(review(plainPod), plainPod, 'enforce', withSidecar({ name: 'late' }));
    expect(second.response.auditAnnotations).toMatchObject({ 'policy-again': 'default/enforce' });
    expect(second.response.auditAnnotations['hardened-again']).toContain('capabilities');
  });

  it('what is found in a pod whose manifest carries the annotation of an earlier one is told', () => {
    const annotations = { [annotationKeys.hardened]: 'default: capabilities' };
    const containers = [{ name: 'app', securityContext: { privileged: true } }];
    const copied = { metadata: { annotations }, spec: { hostPID: true, containers } };
    expect(review(copied).response.auditAnnotations).toMatchObject({
      'policy-unchanged': 'default/enforce',
      'flagged-unchanged': expect.stringContaining('hostNamespaces spec.hostPID'),
      'skipped-unchanged': expect.stringContaining('containers/app capabilities: privileged'),
    });
  });

  it('mode audit still tells of a pod whose manifest carries the annotation of an earlier one', () => {
    const annotations = { [annotationKeys.hardened]: 'default: capabilities' };
    const copied = { ...plainPod, metadata: { ...plainPod.metadata, annotations } };
    const values = Object.values(review(copied, 'audit').response.auditAnnotations);
    expect(values).toContainEqual(expect.stringContaining('capabilities'));
  });
});
