import type { Operation } from 'fast-json-patch';
import { change } from '../../../src/controls/kit/decision.js';
import { annotationKeys, type Container, type Pod, type PodSpec } from '../../../src/kubernetes.js';
import { podtemper } from '../subject.js';
import {
  deciding,
  decidingOnPods,
  type Fault,
  insteadOf,
  onAccepted,
  withControls,
  withHarden,
  withPatch,
} from './breaking.js';

const lowPorts = { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' };
const share = { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1', memory: '1Gi' } };
const scratch = { name: 'podtemper-tmp', emptyDir: { sizeLimit: '1Gi' } };
const tmp = { name: scratch.name, mountPath: '/tmp' };
const otherSpellings = ['/tmp/', 'tmp', '//tmp', '/var/../tmp'];

const ownUsers = change<PodSpec>({ hostUsers: false });

function mountsTmp({ volumeMounts }: Container, ...spellings: readonly string[]): boolean {
  return volumeMounts?.some(({ mountPath }) => spellings.includes(mountPath)) ?? false;
}

function marked(patch: readonly Operation[], { metadata }: Pod): readonly Operation[] {
  const isFull = metadata?.annotations != null && patch.length > 0;
  const path = '/metadata/annotations/podtemper.io~1hardened';
  return isFull ? [...patch, { op: 'add', path, value: 'default: all' }] : patch;
}

/** Faults that make an accepted pod a rejected one, or one that does not start. */
export const faultsAgainstNeverInvalid: readonly Fault[] = [
  {
    name: 'allowPrivilegeEscalation is false beside CAP_SYS_ADMIN',
    seen: /allowPrivilegeEscalation false with CAP_SYS_ADMIN/,
    subject: deciding(
      'allowPrivilegeEscalation',
      insteadOf('addsSysAdmin', change<Container>({ securityContext: { allowPrivilegeEscalation: false } })),
    ),
  },
  {
    name: 'seccompProfile does not know of legacy annotations',
    seen: /seccomp type in annotation and field must match/,
    subject: deciding(
      'seccompProfile',
      insteadOf(
        'legacyContainerAnnotation',
        change<Container>({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      ),
    ),
  },
  {
    name: 'resources sets the default limit whatever the request',
    seen: /request of (cpu|memory) above its limit/,
    subject: deciding('resources', (decision, container) => {
      const isRaised = decision.kind === 'change' && decision.notes?.includes('limitRaised');
      const limits = { ...share.limits, ...container.resources?.limits };
      return isRaised ? change<Container>({ resources: { limits } }) : decision;
    }),
  },
  {
    name: 'resources does not know of LimitRanges',
    seen: /LimitRange range-\d/,
    subject: withHarden((pod, plan, facts) => podtemper.harden(pod, plan, { ...facts, limitRanges: [] })),
  },
  {
    name: 'resources does not know of quotas',
    seen: /quota quota-\d/,
    subject: withHarden((pod, plan, facts) => podtemper.harden(pod, plan, { ...facts, resourceQuotas: [] })),
  },
  {
    name: 'resources does not look at those of the pod as a whole',
    seen: /containers request more|above the pod's/,
    subject: deciding('resources', (decision, { resources }, { facts }) =>
      Object.keys(resources ?? {}).length === 0 && facts.limitRanges.length === 0
        ? insteadOf('podLevelResources', change<Container>({ resources: share }))(decision)
        : decision,
    ),
  },
  {
    name: 'readOnlyRootFilesystem compares paths as they are spelt',
    seen: /added mount \/tmp lies on or inside its own mount/,
    subject: deciding('readOnlyRootFilesystem', (decision, container) => {
      const isFooled =
        decision.kind === 'change' &&
        mountsTmp(container, ...otherSpellings) &&
        !mountsTmp(container, '/tmp');
      return isFooled
        ? change<Container>({ ...decision.set, volumeMounts: [tmp] }, { volumes: [scratch] })
        : decision;
    }),
  },
  {
    name: "readOnlyRootFilesystem takes any volume of its volume's name for its own",
    seen: /added mount .* is no empty directory/,
    subject: deciding('readOnlyRootFilesystem', (decision) => {
      if (decision.kind !== 'change' || decision.own === undefined) return decision;
      const { volumeMounts = [] } = decision.own as Container;
      const named = volumeMounts.map((mount) =>
        Object.assign({}, mount, { name: mount.name.replace(/--\d+$/, '') }),
      );
      return { ...decision, own: { volumeMounts: named } };
    }),
  },
  {
    name: 'Windows pods are taken for Linux ones',
    seen: /on a Windows pod/,
    subject: withControls((control) => ({ ...control, os: 'any' })),
  },
  {
    name: 'unprivilegedPorts sets its sysctl on the host network',
    seen: /net sysctl with hostNetwork/,
    subject: decidingOnPods(
      'unprivilegedPorts',
      insteadOf('hostNetwork', change<PodSpec>({ securityContext: { sysctls: [lowPorts] } })),
    ),
  },
  {
    name: 'hostUsers is false on the host network',
    seen: /hostUsers false with host namespaces or block devices/,
    subject: onAccepted(decidingOnPods('hostUsers', insteadOf('hostNamespace', ownUsers))),
  },
  {
    name: 'hostUsers does not look at volumes',
    seen: /volume \w+ of kind (nfs|hostPath) in a user namespace/,
    subject: decidingOnPods('hostUsers', insteadOf('volumeKind', ownUsers)),
  },
  {
    name: 'hostUsers does not look at users and groups',
    seen: /ID \d+ in a user namespace/,
    subject: decidingOnPods('hostUsers', insteadOf('highId', ownUsers)),
  },
  {
    name: 'hostPathReadOnly closes a mount with another below it',
    seen: /became read-only under/,
    subject: deciding('hostPathReadOnly', (decision, { volumeMounts }) => {
      const isBlocked =
        decision.kind === 'skip'
          ? decision.reason === 'mountsBelow'
          : 'notes' in decision && (decision.notes?.includes('mountBelow') ?? false);
      const places = volumeMounts?.flatMap(({ name, readOnly }, index) =>
        ['etc', 'usr', 'host'].includes(name) && readOnly == null
          ? [[index, { readOnly: true }] as const]
          : [],
      );
      return isBlocked
        ? change<Container>({}, { items: { volumeMounts: Object.fromEntries(places ?? []) } })
        : decision;
    }),
  },
  {
    name: 'scheduling adds a spread that is there',
    seen: /a topology spread constraint twice/,
    subject: decidingOnPods('scheduling', (decision, { topologySpreadConstraints: own }) =>
      decision.kind === 'skip' || own == null || own.length === 0
        ? decision
        : change<PodSpec>({ topologySpreadConstraints: own }),
    ),
  },
  {
    name: 'runAsNonRoot promises it for root',
    seen: /runAsNonRoot with (user 0|ContainerAdministrator) never starts/,
    subject: deciding(
      'runAsNonRoot',
      insteadOf('root', change<Container>({ securityContext: { runAsNonRoot: true } })),
    ),
  },
  {
    name: 'capabilities adds one that the Pod Security Standards forbid',
    seen: /Pod Security, restricted: adds SETUID/,
    subject: deciding('capabilities', (decision) =>
      decision.kind === 'change'
        ? change<Container>({ securityContext: { capabilities: { drop: ['ALL'], add: ['SETUID'] } } })
        : decision,
    ),
  },
  {
    name: `the annotation ${annotationKeys.hardened} is set where it has no room`,
    seen: /annotations above 256 KiB/,
    subject: withPatch(marked),
  },
];
