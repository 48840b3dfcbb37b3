import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mutate } from '../../src/admission/mutate.js';
import { isPodCreation } from '../../src/admission/pods.js';
import { encodeReview, type ReviewRequest } from '../../src/admission/review.js';
import { harden } from '../../src/hardening/harden.js';
import { annotationKeys, unknownNamespace } from '../../src/kubernetes.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { namespaceModes } from '../../src/policy/plan.js';
import { podInNamespace } from '../laws/pods.js';
import { policyArbitrary } from '../laws/policies.js';
import { applyPatch, namespaceWith, planner } from './plans.js';
import { decodedRequest, plainPod, readAnswer } from './reviews.js';

const facts = unknownNamespace('shop');

describe('the answer to the creation of a pod', () => {
  it('holds the patch that leads from the pod to the hardened one of the report', () => {
    const property = fc.property(podInNamespace, policyArbitrary, ({ pod, facts: namespace }, document) => {
      const planFor = planner(compilePolicies([document]));
      const { response, report } = mutate(decodedRequest(pod), namespace, planFor);
      const expected = harden(pod, planFor(pod, namespace), namespace);
      const { patch } = readAnswer(encodeReview('u', response));
      expect(report).toEqual(expected);
      expect(applyPatch(pod, patch ?? [])).toEqual(expected.hardened);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('hardens, and names the policy and the controls on the pod', () => {
    const { response, report } = mutate(decodedRequest(plainPod), facts, planner());
    const hardened = applyPatch(plainPod, response.patch);
    expect(hardened.spec.containers[0]?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    });
    expect(report?.changed.length).toBeGreaterThan(4);
    expect(hardened.metadata?.annotations?.[annotationKeys.hardened]).toBe(
      `default: ${report?.changed.join(',')}`,
    );
  });

  it('does not touch the object that was sent', () => {
    const property = fc.property(podInNamespace, ({ pod, facts: namespace }) => {
      const before = structuredClone(pod);
      mutate(decodedRequest(pod), namespace, planner());
      expect(pod).toEqual(before);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it('is the same for a dry run, which has no effects to leave out', () => {
    const answerFor = (dryRun: boolean) =>
      mutate(decodedRequest(plainPod, { dryRun }), facts, planner()).response;
    expect(answerFor(true)).toEqual(answerFor(false));
  });

  it.each(['warn', 'audit'] as const)('patches nothing in mode %s', (mode) => {
    const { response, report } = mutate(decodedRequest(plainPod), facts, planner(undefined, mode));
    expect(response.patch).toEqual([]);
    expect(report?.hardened).toEqual(plainPod);
    const warnings = response.warnings.join(' ');
    expect(warnings.includes('would harden by policy default')).toBe(mode === 'warn');
    expect(response.warnings.length > 0).toBe(mode === 'warn');
  });

  it('follows the label of the namespace, not the mode of those without', () => {
    for (const mode of namespaceModes) {
      const labelled = namespaceWith({ 'podtemper.io/mode': mode });
      expect(mutate(decodedRequest(plainPod), labelled, planner(undefined, 'audit')).report?.mode).toBe(mode);
    }
  });

  it('changes nothing where it has hardened already', () => {
    const { response } = mutate(decodedRequest(plainPod), facts, planner());
    const again = mutate(decodedRequest(applyPatch(plainPod, response.patch)), facts, planner());
    expect(again.response).toMatchObject({ allowed: true, patch: [], auditAnnotations: {} });
  });
});

describe('what is not the creation of a pod', () => {
  const kind = (fields: Partial<ReviewRequest['kind']>) => ({
    kind: { ...decodedRequest({}).kind, ...fields },
  });

  it.each<[string, Partial<ReviewRequest>]>([
    ['an update', { operation: 'UPDATE' }],
    ['a deletion', { operation: 'DELETE' }],
    ['a connection', { operation: 'CONNECT' }],
    ['an operation in lower case', { operation: 'create' }],
    ['an ephemeral container', { subResource: 'ephemeralcontainers' }],
    ['a binding', { subResource: 'binding' }],
    ['a deployment', kind({ group: 'apps', kind: 'Deployment' })],
    ['a pod of another group', kind({ group: 'metrics.k8s.io' })],
    ['a pod of another version', kind({ version: 'v2' })],
    ['a template', kind({ kind: 'PodTemplate' })],
  ])('is admitted as it is: %s', (_, fields) => {
    const request = decodedRequest(plainPod, fields);
    const planFor = () => {
      throw new Error('nothing is to be planned');
    };
    expect(isPodCreation(request)).toBe(false);
    const { response, report } = mutate(request, facts, planFor);
    expect(report).toBeUndefined();
    expect(encodeReview('u', response)).toBe(
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","allowed":true}}',
    );
  });
});
