import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeReview, type ReviewRequest } from '../../src/admission/review.js';
import { validate } from '../../src/admission/validate.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { podInNamespace } from '../laws/pods.js';
import { policyArbitrary } from '../laws/policies.js';
import { namespaceWith, planner, policiesOf } from './plans.js';
import { decodedRequest, type Fields, readAnswer } from './reviews.js';

const enforce = { 'podtemper.io/mode': 'enforce' };
const plain = { name: 'app', image: 'registry.example/app:1' };

interface Place {
  readonly policy?: Fields;
  readonly labels?: Record<string, string>;
  readonly kind?: Partial<ReviewRequest['kind']>;
  readonly fields?: Partial<ReviewRequest>;
}

/** A Deployment of one pod template. */
const deployment = (spec: Fields, metadata: Fields = {}, own: Fields = {}) => ({
  metadata: { name: 'web', ...own },
  spec: { replicas: 1, template: { metadata, spec } },
});

/** What the author of the object is told, wrapped lines joined; and how many lines that is. */
function told(object: unknown, { policy = {}, labels = enforce, kind = {}, fields = {} }: Place = {}) {
  const request = decodedRequest(object, {
    kind: { group: 'apps', version: 'v1', kind: 'Deployment', ...kind },
    ...fields,
  });
  const { response, refusedBy } = validate(request, namespaceWith(labels), planner(policiesOf(policy)));
  const { warnings, patch, auditAnnotations } = readAnswer(encodeReview('u', response));
  expect({ patch, auditAnnotations, refusedBy }).toEqual({
    patch: undefined,
    auditAnnotations: {},
    refusedBy: [],
  });
  for (const line of warnings) expect(line).toMatch(/^podtemper: .{1,109}$/);
  expect(warnings.length).toBeLessThanOrEqual(6);
  return { text: warnings.join('\n').replaceAll(/\npodtemper: {3,}/g, ' '), lines: warnings.length };
}

const changes =
  'podtemper: its pods will be hardened by policy default: allowPrivilegeEscalation, capabilities, ' +
  'readOnlyRootFilesystem, resources, runAsNonRoot, seccompProfile';

describe('the author of a workload', () => {
  it('is told what its pods will get', () => {
    expect(told(deployment({ containers: [plain] }))).toEqual({ text: changes, lines: 2 });
  });

  it.each([
    ['apps', 'StatefulSet'],
    ['apps', 'DaemonSet'],
    ['apps', 'ReplicaSet'],
    ['batch', 'Job'],
    ['', 'ReplicationController'],
  ])('of a %s %s as well', (group, kind) => {
    expect(told(deployment({ containers: [plain] }), { kind: { group, kind } }).text).toBe(changes);
  });

  it('of a CronJob as well', () => {
    const template = { spec: { containers: [plain] } };
    const cronJob = { metadata: { name: 'c' }, spec: { jobTemplate: { spec: { template } } } };
    expect(told(cronJob, { kind: { group: 'batch', kind: 'CronJob' } }).text).toBe(changes);
  });

  it('is told what would be done in a namespace that only warns, and nothing in one that audits', () => {
    const pods = deployment({ containers: [plain] });
    expect(told(pods, { labels: { 'podtemper.io/mode': 'warn' } }).text).toBe(
      changes.replace('will be', 'would be'),
    );
    expect(told(pods, { labels: { 'podtemper.io/mode': 'audit' } }).lines).toBe(0);
  });

  it('is told what its pods will still lack, and first of all what they will be refused for', () => {
    const policy = { controls: { hostNamespaces: { mode: 'deny' } } };
    const root = { ...plain, securityContext: { runAsUser: 0 } };
    const { text } = told(deployment({ hostNetwork: true, containers: [root] }), { policy });
    expect(text.split('\n')).toEqual([
      'podtemper: its pods will be refused by hostNamespaces: spec.template.spec.hostNetwork is true',
      expect.stringMatching(/^podtemper: its pods will be hardened by policy default: /),
      expect.stringMatching(
        /^podtemper: its pods will reach Pod Security level privileged, not restricted: pod hostNetwork /,
      ),
      expect.stringMatching(/^podtemper: … and \d more to know: podtemper preview shows all$/),
    ]);
  });

  it('is told where the namespace demands a level that they will not reach', () => {
    const labels = { ...enforce, 'pod-security.kubernetes.io/enforce': 'restricted' };
    const root = { ...plain, securityContext: { runAsUser: 0 } };
    expect(told(deployment({ containers: [root] }), { labels }).text.split('\n')[0]).toBe(
      'podtemper: its pods will be refused by Pod Security level restricted: containers/app ' +
        'securityContext.runAsNonRoot is not set; containers/app securityContext.runAsUser is 0',
    );
  });

  it('is told of each field as the workload has it', () => {
    const volumes = [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }];
    const hard = { controls: Object.fromEntries(['privileged'].map((id) => [id, { mode: 'off' }])) };
    const { text } = told(deployment({ containers: [plain], volumes }), { policy: hard });
    expect(text).toContain('spec.template.spec.volumes[0].hostPath.path is /var/run/docker.sock');
  });

  it('is told of a misspelt annotation', () => {
    const { text } = told(
      deployment({ containers: [plain] }, { annotations: { 'podtemper.io/optout': 'all' } }),
    );
    expect(text).toContain('no annotation "podtemper.io/optout"; did you mean "podtemper.io/opt-out"?');
  });

  it('is told no more than six lines, whatever there is', () => {
    const containers = Array.from({ length: 40 }, (_, index) => ({
      name: `container-${'x'.repeat(40)}${index}`,
      image: 'a',
      securityContext: { privileged: index % 2 === 0, runAsUser: 0, capabilities: { add: ['SYS_ADMIN'] } },
    }));
    const labels = { ...enforce, 'pod-security.kubernetes.io/enforce': 'restricted' };
    const policy = { controls: { privileged: { mode: 'deny' } } };
    const spec = {
      containers,
      hostPID: true,
      hostIPC: true,
      volumes: [{ name: 'e', hostPath: { path: '/etc' } }],
    };
    const { lines, text } = told(deployment(spec), { labels, policy });
    expect(lines).toBe(6);
    expect(text).toContain('its pods will be refused by privileged: ');
    expect(text).toContain('its pods will be refused by Pod Security level restricted: ');
    expect(text).toMatch(/… and \d+ more to know: podtemper preview shows all$/);
  });
});

describe('whatever template comes', () => {
  it('is admitted as it is, with six lines at most', () => {
    const property = fc.property(podInNamespace, policyArbitrary, ({ pod, facts }, document) => {
      const planFor = planner(compilePolicies([document]));
      const fields = { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } };
      const request = decodedRequest({ spec: { template: pod } }, fields);
      const { response, refusedBy } = validate(request, facts, planFor);
      const { warnings, patch } = readAnswer(encodeReview('u', response));
      expect({ patch, refusedBy }).toEqual({ patch: undefined, refusedBy: [] });
      expect(warnings.length).toBeLessThanOrEqual(6);
      for (const line of warnings) expect(line).toMatch(/^podtemper: [^\n]{1,109}$/);
      expect(new Set(warnings).size).toBe(warnings.length);
    });
    fc.assert(property, { numRuns: 150 });
  });
});

describe('nobody is told', () => {
  const pods = deployment({ containers: [plain] });
  const update = (object: unknown, oldObject: unknown) =>
    told(object, { fields: { operation: 'UPDATE', oldObject } }).lines;

  it('anything of a change that leaves the template as it is', () => {
    expect(update({ ...pods, spec: { ...pods.spec, replicas: 5 } }, pods)).toBe(0);
    expect(update(deployment({ containers: [{ ...plain, image: 'a' }] }), pods)).toBeGreaterThan(0);
  });

  it('what a controller creates', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true },
    ];
    const owned = deployment({ containers: [plain] }, {}, { ownerReferences });
    expect(told(owned, { kind: { kind: 'ReplicaSet' } }).lines).toBe(0);
  });

  it('what was opted out of on purpose', () => {
    const annotations = { 'podtemper.io/opt-out': 'all' };
    expect(told(deployment({ containers: [plain] }, { annotations })).lines).toBe(0);
  });

  it.each<[string, Place]>([
    ['of a subresource', { fields: { subResource: 'scale', operation: 'UPDATE' } }],
    ['of a deletion', { fields: { operation: 'DELETE', object: null } }],
    ['of a kind that makes no pods', { kind: { group: 'networking.k8s.io', kind: 'Ingress' } }],
    ['of a kind of another API group', { kind: { group: 'example.com' } }],
    ['in a namespace of the cluster itself', { fields: { namespace: 'kube-system' } }],
  ])('%s', (_, place) => {
    expect(told(pods, place).lines).toBe(0);
  });

  it('of an object without a template, which the API server refuses by itself', () => {
    expect(told({ metadata: { name: 'web' } }).lines).toBe(0);
    expect(told({ metadata: { name: 'web' }, spec: { template: null } }).lines).toBe(0);
  });
});
