import { describe, expect, it } from '@jest/globals';
import { harden } from '../../src/hardening/harden.js';
import type { Report } from '../../src/hardening/report.js';
import { annotationKeys, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { parsePolicies } from '../../src/policy/load.js';
import { planNamespace, planPod } from '../../src/policy/plan.js';
import { compilePolicies } from '../../src/policy/policy.js';

const policies = compilePolicies(
  parsePolicies(
    '{ apiVersion: podtemper.io/v1alpha1, kind: HardeningPolicy, metadata: { name: strict } }',
    'p.yaml',
  ),
);
const facts = unknownNamespace('test');
const plan = planNamespace({ policies, facts, unlabelledMode: 'enforce', defaultPolicy: 'strict' });

/** A pod of which only seccompProfile has something to change. */
function podWith(metadata: Pod['metadata']): Pod {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsUser: 0,
  };
  const resources = { limits: { cpu: '1', memory: '1Gi' } };
  const spec = { containers: [{ name: 'app', image: 'example.com/app:1', securityContext, resources }] };
  return metadata === undefined ? { spec } : { metadata, spec };
}

const hardened = (pod: Pod): Report => harden(pod, planPod(plan, pod.metadata, facts, '2026-06-01'), facts);
const markIn = ({ hardened: { metadata } }: Report) => metadata?.annotations?.[annotationKeys.hardened];

describe('the mark', () => {
  it('names the policy and the controls that changed the pod', () => {
    expect(markIn(hardened(podWith(undefined)))).toBe('strict: seccompProfile');
    expect(markIn(hardened({ spec: { containers: [{ name: 'app' }] } }))).toBe(
      'strict: allowPrivilegeEscalation,capabilities,readOnlyRootFilesystem,resources,runAsNonRoot,seccompProfile',
    );
  });

  it('is completed by a later call', () => {
    const annotations = { [annotationKeys.hardened]: 'strict: capabilities,runAsNonRoot' };
    expect(markIn(hardened(podWith({ annotations })))).toBe(
      'strict: capabilities,runAsNonRoot,seccompProfile',
    );
  });

  it('takes the place of what is no mark', () => {
    const annotations = { [annotationKeys.hardened]: 'by hand, see the wiki' };
    expect(markIn(hardened(podWith({ annotations })))).toBe('strict: seccompProfile');
  });

  it('is left out where nothing was changed', () => {
    const pod: Pod = { spec: { containers: [{ name: 'app', securityContext: { privileged: true } }] } };
    expect(hardened(pod)).toMatchObject({ patch: [], changed: [] });
    expect(hardened(pod).hardened.spec).toBe(pod.spec);
  });

  it('creates what it stands in', () => {
    const paths = (metadata: Pod['metadata']) => hardened(podWith(metadata)).patch.at(-1);
    const annotations = { [annotationKeys.hardened]: 'strict: seccompProfile' };
    expect(paths(undefined)).toEqual({ op: 'add', path: '/metadata', value: { annotations } });
    expect(paths({ name: 'app' })).toEqual({ op: 'add', path: '/metadata/annotations', value: annotations });
    expect(paths({ annotations: { a: 'b' } })).toEqual({
      op: 'add',
      path: '/metadata/annotations/podtemper.io~1hardened',
      value: 'strict: seccompProfile',
    });
  });

  it('is left out, with a notice, where annotations have no room for it', () => {
    const markBytes = 'podtemper.io/hardenedstrict: seccompProfile'.length;
    const room = 256 * 1024 - markBytes - 'big'.length;
    // Umlauts count twice, as in the API server's bytes.
    const full = hardened(podWith({ annotations: { big: `ü${'x'.repeat(room - 2)}` } }));
    expect(full.notices).toEqual([]);
    expect(markIn(full)).toBe('strict: seccompProfile');
    const over = hardened(podWith({ annotations: { big: `ü${'x'.repeat(room - 1)}` } }));
    expect(over.notices.map(({ code }) => code)).toEqual(['noRoomForMark']);
    expect(markIn(over)).toBeUndefined();
    expect(over.changed).toEqual(['seccompProfile']);
  });
});
