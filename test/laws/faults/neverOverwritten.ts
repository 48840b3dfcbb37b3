import type { Operation } from 'fast-json-patch';
import { type Change, change, type Decision } from '../../../src/controls/kit/decision.js';
import type { Container, Pod, PodSpec } from '../../../src/kubernetes.js';
import { omit } from '../trees.js';
import { deciding, decidingOnPods, type Fault, insteadOf, withPatch, withReport } from './breaking.js';

/** An operation for each container of which `isWrong` holds. */
function overrule(pod: Pod, isWrong: (container: Container) => boolean, field: string, value: unknown) {
  return pod.spec.containers.flatMap((container, index): Operation[] =>
    isWrong(container) ? [{ op: 'replace', path: `/spec/containers/${index}/${field}`, value }] : [],
  );
}

/** Where appending is turned into something else. */
function appending(turn: (list: string, value: unknown) => Operation) {
  return (patch: readonly Operation[]) =>
    patch.map((operation) =>
      operation.op === 'add' && operation.path.endsWith('/-')
        ? turn(operation.path.slice(0, -'/-'.length), operation.value)
        : operation,
    );
}

/** Takes the volume with the token away where a pod is to keep it. */
function withoutToken(reason: string) {
  return (decision: Decision, { volumes }: PodSpec): Decision => {
    const token = volumes?.find(({ name }) => name.startsWith('kube-api-access-'))?.name;
    if (token === undefined) return decision;
    return insteadOf(reason, change<PodSpec>({}, { withoutVolume: token }))(decision);
  };
}

/** Faults that take from a workload what it chose. */
export const faultsAgainstNeverOverwritten: readonly Fault[] = [
  {
    name: 'a container is made non-root over the word of its pod',
    seen: /effective nonRoot/,
    subject: deciding(
      'runAsNonRoot',
      insteadOf('rootAllowed', change<Container>({ securityContext: { runAsNonRoot: true } })),
    ),
  },
  {
    name: 'a profile is set over the one that the pod has for all',
    seen: /effective seccomp/,
    subject: deciding(
      'seccompProfile',
      insteadOf(
        'unconfined',
        change<Container>({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      ),
    ),
  },
  {
    name: 'a capability is given that the container did not have',
    seen: /gained SYS_PTRACE/,
    subject: deciding('capabilities', (decision) =>
      decision.kind === 'change'
        ? change<Container>({ securityContext: { capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } } })
        : decision,
    ),
  },
  {
    name: 'an explicit false is replaced',
    seen: /overwritten: .*readOnlyRootFilesystem was false/,
    subject: withPatch((patch, pod) => [
      ...patch,
      ...overrule(
        pod,
        ({ securityContext }) => securityContext?.readOnlyRootFilesystem === false,
        'securityContext/readOnlyRootFilesystem',
        true,
      ),
    ]),
  },
  {
    name: 'a list is set anew where it should be appended to',
    seen: /overwritten: |the patch overwrites: add on/,
    subject: withPatch(appending((path, value) => ({ op: 'add', path, value: [value] }))),
  },
  {
    name: 'an item is put in front of the others',
    seen: /overwritten: |the patch overwrites: add on .*\/0/,
    subject: withPatch(appending((path, value) => ({ op: 'add', path: `${path}/0`, value }))),
  },
  {
    name: 'the patch replaces where it need only add',
    seen: /the patch overwrites: replace/,
    subject: withReport(({ patch }) => ({
      patch: patch.map((operation) =>
        operation.op === 'add' ? { ...operation, op: 'replace' as const } : operation,
      ),
    })),
  },
  {
    name: 'a token goes that a named service account has',
    seen: /overwritten: |the patch overwrites: remove/,
    subject: decidingOnPods('serviceAccountToken', withoutToken('namedServiceAccount')),
  },
  {
    name: 'a token goes that the pod mounts in a way of its own',
    seen: /overwritten: |the patch overwrites: remove/,
    subject: decidingOnPods('serviceAccountToken', withoutToken('ownTokenMount')),
  },
  {
    name: 'a volume of its own goes that has the name of the token',
    seen: /overwritten: |the patch overwrites: remove/,
    subject: decidingOnPods('serviceAccountToken', withoutToken('ownTokenVolume')),
  },
  {
    name: 'another volume goes with the token',
    seen: /overwritten: |the patch overwrites: remove/,
    subject: decidingOnPods('serviceAccountToken', (decision, { volumes }) => {
      const other = volumes?.find(({ name }) => name !== (decision as Change).withoutVolume);
      return decision.kind === 'change' && other !== undefined
        ? { ...decision, withoutVolume: other.name }
        : decision;
    }),
  },
  {
    name: 'the token goes before the others have added what they add',
    seen: /after a removal/,
    subject: withPatch((patch) => [
      ...patch.filter(({ op }) => op === 'remove'),
      ...patch.filter(({ op }) => op !== 'remove'),
    ]),
  },
  {
    name: 'hostPathReadOnly closes what is explicitly open',
    seen: /overwritten: .*readOnly was false/,
    subject: withPatch((patch, pod) => [
      ...patch,
      ...overrule(
        pod,
        ({ volumeMounts }) => volumeMounts?.[0]?.readOnly === false,
        'volumeMounts/0/readOnly',
        true,
      ),
    ]),
  },
  {
    name: 'scheduling narrows the nodes of a pod that has chosen',
    seen: /the choice of nodes is another: nodes beside its own/,
    subject: decidingOnPods('scheduling', (decision) => {
      const more = change<PodSpec>({ nodeSelector: { 'example.com/other': 'x' } });
      return insteadOf('ownNodeAffinity', more)(insteadOf('nodeName', more)(decision));
    }),
  },
  {
    name: 'scheduling tolerates a taint for less time than the pod does',
    seen: /a second toleration of spot/,
    subject: decidingOnPods('scheduling', (decision) =>
      'notes' in decision && decision.notes?.includes('ownToleration')
        ? change<PodSpec>({
            tolerations: [{ key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }],
          })
        : decision,
    ),
  },
  {
    name: 'fields of a later Kubernetes are lost',
    seen: /overwritten: spec\.futureField/,
    subject: withReport(({ hardened }) => ({
      hardened: { ...hardened, spec: omit(hardened.spec, 'futureField') },
    })),
  },
];
