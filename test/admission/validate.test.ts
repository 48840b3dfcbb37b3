import { describe, expect, it } from '@jest/globals';
import type { ReviewRequest } from '../../src/admission/review.js';
import { validate } from '../../src/admission/validate.js';
import { mutate } from '../../src/admission/mutate.js';
import { annotationKeys, type Pod } from '../../src/kubernetes.js';
import { applyPatch, namespaceWith, planner, policiesOf } from './plans.js';
import { decodedRequest, type Fields, plainPod } from './reviews.js';

const enforce = { 'podtemper.io/mode': 'enforce' };
const denyingSocket = { controls: { runtimeSocket: { mode: 'deny' }, privileged: { mode: 'deny' } } };

/** A pod that mounts the socket of its node's container runtime, with these annotations. */
function builder(annotations: Record<string, string> = {}): Pod {
  return {
    metadata: { name: 'builder', annotations },
    spec: {
      automountServiceAccountToken: false,
      volumes: [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }],
      containers: [
        { name: 'build', image: 'a', volumeMounts: [{ name: 'docker', mountPath: '/var/run/docker.sock' }] },
      ],
    },
  };
}

interface Place {
  readonly policy?: Fields;
  readonly labels?: Record<string, string>;
  readonly fields?: Partial<ReviewRequest>;
}

function judge(pod: unknown, { policy = denyingSocket, labels = {}, fields = {} }: Place = {}) {
  const facts = namespaceWith({ ...enforce, ...labels });
  const { response, refusedBy } = validate(decodedRequest(pod, fields), facts, planner(policiesOf(policy)));
  return { refusedBy, response, message: response.allowed ? undefined : response.message };
}

/** What the mutating webhook makes of the pod. */
function hardenedBy(pod: Pod, policy: Fields): Pod {
  const { response } = mutate(decodedRequest(pod), namespaceWith(enforce), planner(policiesOf(policy)));
  return applyPatch(pod, response.patch);
}

describe('a pod with what its policy denies', () => {
  it('is refused, with the field, the container, what it means, what to write and how to opt out', () => {
    const { message, refusedBy, response } = judge(builder());
    expect(refusedBy).toEqual(['runtimeSocket']);
    expect(message).toBe(
      [
        'policy default in namespace shop refuses the pod for runtimeSocket',
        '- runtimeSocket: spec.volumes[0].hostPath.path is /var/run/docker.sock (containers/build): whoever reaches the ' +
          'socket of the container runtime is root on the node, be it mounted read-only. To mend it: leave the volume ' +
          'out: images are built without it by kaniko or BuildKit',
        '- to opt out, if it has to be so: the annotation podtemper.io/opt-out: runtimeSocket, best with ' +
          'podtemper.io/opt-out-reason: <why>, in the pod template where there is one',
      ].join('\n'),
    );
    expect(response.auditAnnotations).toEqual({
      refused: 'runtimeSocket spec.volumes[0].hostPath.path: socket',
    });
  });

  it('is told of all in one message', () => {
    const pod = builder();
    const containers = [
      ...pod.spec.containers,
      { name: 'b', image: 'a', securityContext: { privileged: true } },
    ];
    const { message, refusedBy } = judge({ ...pod, spec: { ...pod.spec, containers } });
    expect(refusedBy).toEqual(['privileged', 'runtimeSocket']);
    expect(message?.split('\n')).toEqual([
      'policy default in namespace shop refuses the pod for privileged, runtimeSocket',
      expect.stringMatching(
        /^- privileged: spec\.containers\[1\]\.securityContext\.privileged is true \(containers\/b\): /,
      ),
      expect.stringMatching(/^- runtimeSocket: /),
      expect.stringContaining('podtemper.io/opt-out: privileged,runtimeSocket, best with'),
    ]);
  });

  it('is told no more than a person reads, whatever it is made of', () => {
    const volumes = Array.from({ length: 500 }, (_, index) => ({
      name: `v${index}`,
      hostPath: { path: `/etc/${index}/${'x'.repeat(4000)}\u0007` },
    }));
    const { message = '' } = judge(
      { spec: { ...builder().spec, volumes } },
      { policy: { controls: { hostPath: { mode: 'deny' } } } },
    );
    expect(message.split('\n').length).toBeLessThan(25);
    expect(message.length).toBeLessThan(25_000);
    expect(message).not.toContain('\u0007');
  });

  it.each<[string, Place]>([
    ['warns', { labels: { 'podtemper.io/mode': 'warn' } }],
    ['audits', { labels: { 'podtemper.io/mode': 'audit' } }],
    ['has a mode that means nothing', { labels: { 'podtemper.io/mode': 'enfroce' } }],
  ])('is admitted where the namespace only %s', (_, place) => {
    expect(judge(builder(), place)).toMatchObject({
      refusedBy: [],
      response: { allowed: true, warnings: [] },
    });
  });

  it('is admitted where the policy only warns', () => {
    expect(judge(builder(), { policy: {} }).refusedBy).toEqual([]);
  });

  it.each(['kube-system', 'kube-public', 'kube-node-lease'])('is never refused in %s', (namespace) => {
    expect(judge(builder(), { fields: { namespace } }).refusedBy).toEqual([]);
  });

  it('is admitted as the copy of a static pod, which runs anyway', () => {
    expect(judge(builder({ 'kubernetes.io/config.mirror': 'x' })).refusedBy).toEqual([]);
  });
});

describe('an opt-out', () => {
  const optOut = { [annotationKeys.optOut]: 'runtimeSocket' };
  const lastLines = (place: Place, annotations: Record<string, string> = {}) =>
    judge(builder(annotations), place).message?.split('\n').slice(2);

  it('lets the pod through, where the namespace grants it', () => {
    expect(judge(builder(optOut)).refusedBy).toEqual([]);
    const granting = { labels: { 'podtemper.io/opt-out': 'runtimeSocket' } };
    expect(judge(builder(optOut), granting).refusedBy).toEqual([]);
  });

  it('does not where the namespace denies it, and the message says who could grant it', () => {
    const denying = { labels: { 'podtemper.io/opt-out': 'denied' } };
    expect(lastLines(denying, optOut)).toEqual([
      '- opt-out of runtimeSocket ignored: the namespace does not grant it (podtemper.io/opt-out)',
      '- namespace shop lets no pod opt out of runtimeSocket: its label podtemper.io/opt-out would have to grant that',
    ]);
    expect(lastLines(denying)).toHaveLength(1);
  });

  it('does not where the policy allows none', () => {
    const policy = { ...denyingSocket, optOut: { allowed: false } };
    expect(lastLines({ policy }, optOut)).toEqual([
      '- its opt-out is ignored: the policy allows none',
      '- policy default lets no pod opt out',
    ]);
  });

  it('is asked for with all that the policy demands', () => {
    const policy = { ...denyingSocket, optOut: { requireReason: true, requireExpiry: true } };
    expect(lastLines({ policy })).toEqual([
      '- to opt out, if it has to be so: the annotation podtemper.io/opt-out: runtimeSocket, with ' +
        'podtemper.io/opt-out-reason: <why> and podtemper.io/opt-out-until: <last day, such as 2027-01-31>, in the pod ' +
        'template where there is one',
    ]);
    expect(lastLines({ policy }, optOut)?.[0]).toBe(
      '- its opt-out needs a reason: set podtemper.io/opt-out-reason',
    );
  });

  it('of something else is of no use', () => {
    expect(judge(builder({ [annotationKeys.optOut]: 'privileged' })).refusedBy).toEqual(['runtimeSocket']);
  });
});

describe('a policy that takes hardened pods only', () => {
  const policy = { requireHardened: true };
  const unhardened = (annotations: Record<string, string> = {}): Pod => ({
    ...plainPod,
    metadata: { name: 'web', annotations },
  });

  it('refuses a pod that hardening has passed by, and says what to do', () => {
    const { message, refusedBy, response } = judge(unhardened(), { policy });
    expect(refusedBy).toEqual(['requireHardened']);
    expect(message?.split('\n')).toEqual([
      'policy default in namespace shop takes hardened pods only, and podtemper did not get to harden this one',
      '- not hardened: containers/app lacks allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, resources, ' +
        'runAsNonRoot, seccompProfile',
      '- its mutating webhook was away or too late; create the pod again, as a controller does by itself',
      expect.stringContaining('podtemper.io/opt-out: allowPrivilegeEscalation,capabilities,'),
    ]);
    expect(response.auditAnnotations['refused']).toMatch(
      /^not hardened: containers\/app allowPrivilegeEscalation; not hardened: /,
    );
  });

  it('admits the same pod once it is hardened', () => {
    expect(judge(hardenedBy(unhardened(), policy), { policy }).refusedBy).toEqual([]);
  });

  it('admits a hardened pod to which another webhook has added a container', () => {
    const pod = hardenedBy(unhardened(), policy);
    const containers = [...pod.spec.containers, { name: 'proxy', image: 'mesh' }];
    expect(judge({ ...pod, spec: { ...pod.spec, containers } }, { policy }).refusedBy).toEqual([]);
  });

  it('is not taken in by the mark alone, which a manifest may have been copied with', () => {
    const mark = { [annotationKeys.hardened]: 'default: capabilities,runAsNonRoot' };
    expect(judge(unhardened(mark), { policy }).refusedBy).toEqual(['requireHardened']);
  });

  it('asks for nothing that the pod has opted out of', () => {
    const but = 'allowPrivilegeEscalation,capabilities,readOnlyRootFilesystem,resources,runAsNonRoot';
    expect(judge(unhardened({ [annotationKeys.optOut]: 'all' }), { policy }).refusedBy).toEqual([]);
    expect(judge(unhardened({ [annotationKeys.optOut]: but }), { policy }).message).toContain(
      'containers/app lacks seccompProfile\n',
    );
  });

  it('asks for nothing where pods are not patched, nor of a pod that is nearly too large', () => {
    expect(judge(unhardened(), { policy, labels: { 'podtemper.io/mode': 'warn' } }).refusedBy).toEqual([]);
    expect(judge(unhardened(), { policy, fields: { bytes: 1.5 * 1024 * 1024 } }).refusedBy).toEqual([]);
  });

  it('asks for nothing by controls that only warn', () => {
    const controls = { seccompProfile: { mode: 'warn' } };
    const { message } = judge(unhardened(), { policy: { ...policy, controls } });
    expect(message).not.toContain('seccompProfile');
  });

  it('says so beside what it denies', () => {
    const { refusedBy, message } = judge(builder(), { policy: { ...denyingSocket, ...policy } });
    expect(refusedBy).toEqual(['runtimeSocket', 'requireHardened']);
    expect(message).toMatch(/^policy default in namespace shop refuses the pod for runtimeSocket\n/);
    expect(message).toContain('\n- not hardened: containers/build lacks');
  });
});

describe('a change of a pod', () => {
  const policy = {
    controls: { sshd: { mode: 'deny' }, runtimeSocket: { mode: 'deny' } },
    requireHardened: true,
  };
  const withImage = (pod: Pod, image: string): Pod => ({
    ...pod,
    spec: { ...pod.spec, containers: pod.spec.containers.map((one) => ({ ...one, image })) },
  });
  const update = (object: Pod, oldObject: Pod) =>
    judge(object, { policy, fields: { operation: 'UPDATE', oldObject } }).refusedBy;

  it('is refused for an image that is denied', () => {
    expect(update(withImage(builder(), 'panubo/sshd:1'), builder())).toEqual(['sshd']);
  });

  it('is admitted whatever the pod has had from the beginning, or else nothing could let go of it', () => {
    const server = withImage(builder(), 'panubo/sshd:1');
    expect(update({ ...server, metadata: { name: 'builder', labels: { app: 'b' } } }, server)).toEqual([]);
    expect(update(builder(), server)).toEqual([]);
  });
});

describe('kubectl debug', () => {
  const debugContainer = { name: 'debugger', image: 'busybox', securityContext: { privileged: true } };
  const policy = (mode: string) => ({
    ...denyingSocket,
    ephemeralContainers: { mode },
    requireHardened: true,
  });
  const debug = (stored: Pod, mode: string, container: object = debugContainer) =>
    judge(
      { ...stored, spec: { ...stored.spec, ephemeralContainers: [container] } },
      {
        policy: policy(mode),
        fields: { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: stored },
      },
    );

  it('is refused what is denied where the policy has ephemeral containers enforced', () => {
    const { refusedBy, message } = debug(builder(), 'enforce');
    expect(refusedBy).toEqual(['privileged']);
    expect(message).toContain(
      'privileged: spec.ephemeralContainers[0].securityContext.privileged is true (ephemeralContainers/debugger)',
    );
  });

  it.each(['off', 'audit', 'warn'])('works where the policy has them in mode %s', (mode) => {
    expect(debug(builder(), mode).refusedBy).toEqual([]);
  });

  it('works without what is denied, on a pod that has it, be it hardened or not', () => {
    expect(debug(builder(), 'enforce', { name: 'debugger', image: 'busybox' }).refusedBy).toEqual([]);
  });

  it('is let through where the pod has opted out, and not by an annotation that comes with it', () => {
    const optOut = { [annotationKeys.optOut]: 'privileged' };
    expect(debug(builder(optOut), 'enforce').refusedBy).toEqual([]);
    const sent = { ...builder(optOut), spec: { ...builder().spec, ephemeralContainers: [debugContainer] } };
    const fields = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: builder() };
    expect(judge(sent, { policy: policy('enforce'), fields }).refusedBy).toEqual(['privileged']);
  });

  it('is judged by the containers that are new', () => {
    const stored = { ...builder(), spec: { ...builder().spec, ephemeralContainers: [debugContainer] } };
    const both = [debugContainer, { name: 'second', image: 'busybox' }];
    const fields = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: stored };
    const pod = { ...stored, spec: { ...stored.spec, ephemeralContainers: both } };
    expect(judge(pod, { policy: policy('enforce'), fields }).refusedBy).toEqual([]);
  });
});
