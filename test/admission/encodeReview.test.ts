import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Operation } from 'fast-json-patch';
import { encodeReview } from '../../src/admission/review.js';
import { deepFreeze } from '../../src/controls/kit/freeze.js';
import { harden } from '../../src/hardening/harden.js';
import { annotationKeys, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { podInNamespace } from '../laws/pods.js';
import { policyArbitrary } from '../laws/policies.js';
import { planner, policiesOf } from './plans.js';
import { plainPod, readAnswer } from './reviews.js';

const nothing = { allowed: true, patch: [], warnings: [], auditAnnotations: {} } as const;
/** A patch to the letter: JSON.stringify's, filled up with spaces to whole groups of three bytes. */
function written(patch: readonly Operation[]): string {
  const filled = (json: string) => json + ' '.repeat((3 - (Buffer.byteLength(json) % 3)) % 3);
  return `[  ${patch.map((operation) => filled(JSON.stringify(operation))).join(',  ')}]  `;
}

/** The patch in the answer, the same the second time and the third. */
const patchTextOf = (patch: readonly Operation[]) => {
  const text = encodeReview('u', { ...nothing, patch });
  for (let time = 0; time < 2; time++) expect(encodeReview('u', { ...nothing, patch })).toBe(text);
  const { patchText } = readAnswer(text);
  const { response } = JSON.parse(text) as { response: { patch?: string } };
  // Strictly base64 (RFC 4648): Node would read past a filling in the middle, the API server does not.
  if (response.patch !== undefined) expect(response.patch).toMatch(/^(?:[A-Za-z0-9+/]{4})+$/);
  if (patchText !== undefined) expect(JSON.stringify(JSON.parse(patchText))).toBe(JSON.stringify(patch));
  return patchText;
};

/** Text that JSON, base64 or UTF-8 could get wrong. */
const awkward = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '\u2028', '\0', 'é', '😀', '\uD83D', '</script>', '__proto__'),
);

describe('encodeReview', () => {
  it('leaves out what is empty: without a patch there is no patchType either', () => {
    expect(encodeReview('u', nothing)).toBe(
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","allowed":true}}',
    );
  });

  it('gives back uid, warnings and audit annotations whatever they hold', () => {
    const property = fc.property(awkward, fc.array(awkward), awkward, (uid, warnings, value) => {
      const text = encodeReview(uid, { ...nothing, warnings, auditAnnotations: { value } });
      expect(text).not.toMatch(/[\u0080-\uFFFF]/);
      const answer = readAnswer(text);
      expect(answer).toEqual({ uid, warnings, auditAnnotations: { value } });
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('writes a patch as JSON.stringify does, frozen values too, the second time as well', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const operation = fc.record({ value: fc.oneof(value, awkward), isFrozen: fc.boolean() });
    const property = fc.property(fc.array(operation, { minLength: 1, maxLength: 5 }), (drawn) => {
      const patch: Operation[] = drawn.map(({ value: json, isFrozen }, index) => ({
        op: 'add',
        path: `/spec/containers/${index}/securityContext`,
        value: isFrozen && typeof json === 'object' && json !== null ? deepFreeze(json) : json,
      }));
      expect(patchTextOf(patch)).toBe(written(patch));
      expect(patchTextOf(patch)).toBe(written(patch));
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('writes more shared values than it remembers, and those in many places', () => {
    const values = Array.from({ length: 3000 }, (_, index) =>
      deepFreeze({ index, text: 'é'.repeat(index % 700) }),
    );
    for (const list of ['containers', 'initContainers']) {
      const patch = values.map((value, index): Operation => ({
        op: 'add',
        path: `/spec/${list}/${index}/resources`,
        value,
      }));
      expect(patchTextOf(patch)).toBe(written(patch));
      expect(patchTextOf(patch.slice(2000))).toBe(written(patch.slice(2000)));
    }
  });

  it('writes any other operation too', () => {
    const patch: Operation[] = [
      { op: 'add', path: '/a', value: null },
      { op: 'remove', path: '/b~1"c' },
    ];
    expect(patchTextOf(patch)).toBe(written(patch));
  });
});

describe('the patch of a hardened pod', () => {
  it('is written as JSON.stringify does, for any pod and policy', () => {
    const property = fc.property(podInNamespace, policyArbitrary, ({ pod, facts }, document) => {
      const { patch } = harden(pod, planner(compilePolicies([document]))(pod, facts), facts);
      expect(patchTextOf(patch)).toBe(patch.length === 0 ? undefined : written(patch));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it.each([
    '/data/für-uns',
    '/data/日本語/😀',
    '/data/a"b',
    String.raw`/data/a\b`,
    '/data/a~b~1c',
    "/data/'$(x)'",
    '/data/\u007F\u2028x',
  ])('is written so with the writable path %j', (path) => {
    const pod: Pod = { ...plainPod, metadata: { annotations: { [annotationKeys.writablePaths]: path } } };
    const facts = unknownNamespace('shop');
    const spec = { controls: { readOnlyRootFilesystem: { writablePaths: [] } } };
    const { patch } = harden(pod, planner(policiesOf(spec))(pod, facts), facts);
    expect(patchTextOf(patch)).toBe(written(patch));
    expect(JSON.stringify(patch)).toContain(JSON.stringify(path));
  });
});
