import { change } from '../../../src/controls/kit/decision.js';
import { annotationKeys, type Container, type PodSpec } from '../../../src/kubernetes.js';
import { podtemper } from '../subject.js';
import { deciding, decidingOnPods, type Fault, withHarden, withPatch } from './breaking.js';

/** Faults that show only when podtemper is called again, or its controls in another order. */
export const faultsAgainstOnceIsEnough: readonly Fault[] = [
  {
    name: 'capabilities drops ALL though it is dropped',
    seen: /is changed again/,
    subject: deciding('capabilities', (decision) =>
      decision.kind === 'keep'
        ? change<Container>({ securityContext: { capabilities: { drop: ['ALL'] } } })
        : decision,
    ),
  },
  {
    name: 'the mark grows with each call',
    seen: /is changed again/,
    subject: withPatch((patch, { metadata }) => {
      const mark = metadata?.annotations?.[annotationKeys.hardened];
      const path = '/metadata/annotations/podtemper.io~1hardened';
      return mark === undefined ? patch : [...patch, { op: 'add', path, value: `${mark},again` }];
    }),
  },
  {
    name: 'scheduling adds its tolerations again',
    seen: /is changed again/,
    subject: decidingOnPods('scheduling', (decision) =>
      decision.kind === 'keep'
        ? change<PodSpec>({ tolerations: [{ key: 'arm', effect: 'NoSchedule' }] })
        : decision,
    ),
  },
  {
    name: 'volumes are numbered by how many there are',
    seen: /a late container is (judged otherwise|given other mounts)/,
    subject: deciding('readOnlyRootFilesystem', (decision, container, { pod }) => {
      if (decision.kind !== 'change' || decision.volumes === undefined) return decision;
      const name = `podtemper-${pod.spec.volumes?.length ?? 0}`;
      const mount = { name, mountPath: '/tmp', subPath: container.name };
      return change<Container>(
        { ...decision.set, volumeMounts: [mount] },
        { volumes: [{ name, emptyDir: {} }] },
      );
    }),
  },
  {
    name: 'a pod that was hardened is not looked at again',
    seen: /a late container is judged otherwise/,
    subject: withHarden((pod, plan, facts) => {
      const isMarked = pod.metadata?.annotations?.[annotationKeys.hardened] !== undefined;
      return podtemper.harden(pod, isMarked ? { ...plan, exemption: 'mirrorPod' } : plan, facts);
    }),
  },
  {
    name: 'two controls set one field to different values',
    seen: /another order of controls makes another pod/,
    subject: deciding('seccompProfile', (decision) =>
      decision.kind === 'change'
        ? change<Container>({
            securityContext: { seccompProfile: { type: 'RuntimeDefault' }, readOnlyRootFilesystem: false },
          })
        : decision,
    ),
  },
  {
    name: 'a control sees what the one before it has done',
    seen: /another order of controls (makes another pod|finds otherwise)/,
    subject: withHarden((pod, plan, facts) => {
      const [first, ...rest] = plan.controls;
      if (first === undefined) return podtemper.harden(pod, plan, facts);
      const before = podtemper.harden(pod, { ...plan, controls: [first] }, facts);
      const after = podtemper.harden(before.hardened, { ...plan, controls: rest }, facts);
      return {
        ...after,
        hardened: after.hardened,
        findings: [...before.findings, ...after.findings],
        patch: [...before.patch, ...after.patch],
      };
    }),
  },
];
