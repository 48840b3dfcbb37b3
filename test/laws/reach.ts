import type { Control } from '../../src/controls/kit/define.js';
import { engineSkips, exemptions } from '../../src/hardening/report.js';
import type { Container } from '../../src/kubernetes.js';
import { isAdvisory } from '../../src/policy/catalogue.js';
import { noticeCodes } from '../../src/policy/notices.js';
import type { Scenario } from './scenario.js';
import { containersOf } from './securityRules.js';
import { injectedToken } from './serverToken.js';
import { leavesOf } from './trees.js';
import { apiProblems } from './validity.js';

type Corner = (scenario: Pick<Scenario, 'pod' | 'facts'>) => boolean;

const some =
  (holds: (container: Container) => boolean): Corner =>
  ({ pod }) =>
    containersOf(pod.spec).some(holds);
const adds = (name: string) =>
  some(({ securityContext }) => securityContext?.capabilities?.add?.includes(name) ?? false);
const drops = (name: string) =>
  some(({ securityContext }) => securityContext?.capabilities?.drop?.includes(name) ?? false);
const mounts = (path: string) =>
  some(({ volumeMounts }) => volumeMounts?.some(({ mountPath }) => mountPath === path) ?? false);
const annotated =
  (start: string): Corner =>
  ({ pod }) =>
    Object.keys(pod.metadata?.annotations ?? {}).some((key) => key.startsWith(start));
const limits =
  (type: string, field: 'min' | 'max' | 'maxLimitRequestRatio'): Corner =>
  ({ facts }) =>
    facts.limitRanges.some(({ spec }) =>
      spec?.limits.some((item) => item.type === type && item[field] !== undefined),
    );
const scoped =
  (scope: string): Corner =>
  ({ facts }) =>
    facts.resourceQuotas.some(({ spec }) => spec?.scopes?.includes(scope));

/** The pods that hardening most easily gets wrong (semantics.md G), and how to tell that a scenario has one. */
export const corners: Readonly<Record<string, Corner>> = {
  'a privileged container beside another': ({ pod }) =>
    new Set(containersOf(pod.spec).map(({ securityContext }) => securityContext?.privileged === true))
      .size === 2,
  CAP_SYS_ADMIN: adds('CAP_SYS_ADMIN'),
  SYS_ADMIN: adds('SYS_ADMIN'),
  'ALL added': adds('ALL'),
  'all dropped, in lower case': drops('all'),
  'capabilities that are empty': some(
    ({ securityContext }) => Object.keys(securityContext?.capabilities ?? { add: [] }).length === 0,
  ),
  'root allowed by the pod': ({ pod }) => pod.spec.securityContext?.runAsNonRoot === false,
  'a root pod with a container that is not': (scenario) =>
    scenario.pod.spec.securityContext?.runAsUser === 0 &&
    some(({ securityContext }) => (securityContext?.runAsUser ?? 0) > 0)(scenario),
  'a root init container': ({ pod }) =>
    pod.spec.initContainers?.some(({ securityContext }) => securityContext?.runAsUser === 0) ?? false,
  'a user namespace': ({ pod }) => pod.spec.hostUsers === false,
  'an unmasked /proc': some(({ securityContext }) => securityContext?.procMount === 'Unmasked'),
  'a legacy seccomp annotation of the pod': annotated('seccomp.security.alpha.kubernetes.io/pod'),
  'a legacy seccomp annotation of a container': annotated('container.seccomp.security.alpha.kubernetes.io/'),
  'a legacy AppArmor annotation': annotated('container.apparmor.security.beta.kubernetes.io/'),
  'a localhost profile': ({ pod }) => pod.spec.securityContext?.seccompProfile?.type === 'Localhost',
  'os.name windows': ({ pod }) => pod.spec.os?.name === 'windows',
  'os.name linux': ({ pod }) => pod.spec.os?.name === 'linux',
  'Windows by node selector': ({ pod }) =>
    Object.values(pod.spec.nodeSelector ?? {}).includes('windows') && pod.spec.os === undefined,
  'Windows by affinity': ({ pod }) => pod.spec.affinity?.nodeAffinity !== undefined,
  'a host process': ({ pod }) => pod.spec.securityContext?.windowsOptions?.hostProcess === true,
  'a limit without a request': some(
    ({ resources }) => resources?.limits?.memory !== undefined && resources.requests?.memory === undefined,
  ),
  'a request of 0': some(({ resources }) => resources?.requests?.cpu === '0'),
  'a quantity that is a number': some(({ resources }) =>
    Object.values(resources?.requests ?? {}).some((value: unknown) => typeof value === 'number'),
  ),
  'huge pages': some(({ resources }) => resources?.limits?.['hugepages-2Mi'] !== undefined),
  'a device': some(({ resources }) => resources?.limits?.['nvidia.com/gpu'] !== undefined),
  'resources of the pod as a whole': ({ pod }) => pod.spec.resources?.limits?.memory !== undefined,
  'a sidecar': ({ pod }) =>
    pod.spec.initContainers?.some(({ restartPolicy }) => restartPolicy === 'Always') ?? false,
  'a maximum for containers': limits('Container', 'max'),
  'a ratio for containers': limits('Container', 'maxLimitRequestRatio'),
  'a minimum for pods': limits('Pod', 'min'),
  'a maximum for pods': limits('Pod', 'max'),
  'a ratio for pods': limits('Pod', 'maxLimitRequestRatio'),
  'a quota of NotBestEffort': scoped('NotBestEffort'),
  'a quota of BestEffort': scoped('BestEffort'),
  'a mount on /tmp/': mounts('/tmp/'),
  'a mount on tmp': mounts('tmp'),
  'a mount on /': mounts('/'),
  'a mount on /var': mounts('/var'),
  'a mount below /tmp': mounts('/tmp/cache'),
  'a block device on /tmp': some(
    ({ volumeDevices }) => volumeDevices?.some(({ devicePath }) => devicePath === '/tmp') ?? false,
  ),
  'a volume with a name of ours': ({ pod }) =>
    pod.spec.volumes?.some(({ name, configMap }) => name === 'podtemper-tmp' && configMap != null) ?? false,
  'names of 63 characters': some(({ name }) => name.length === 63),
  'the host network with a low port': (scenario) =>
    scenario.pod.spec.hostNetwork === true &&
    some(({ ports }) => ports?.some(({ containerPort }) => containerPort < 1024) ?? false)(scenario),
  'a sysctl spelt with slashes': ({ pod }) =>
    pod.spec.securityContext?.sysctls?.some(({ name }) => name.includes('/')) ?? false,
  'a mirror pod': annotated('kubernetes.io/config.mirror'),
  'no metadata': ({ pod }) => pod.metadata == null,
  'a pod without a name': ({ pod }) => pod.metadata != null && pod.metadata.name === undefined,
  'annotations near 256 KiB': annotated('example.com/blob'),
  'fields of a later Kubernetes': ({ pod }) => 'futureField' in pod.spec,
  'null for nothing': ({ pod }) => leavesOf(pod).some(({ value }) => value === null),
  'an ephemeral container': ({ pod }) => pod.spec.ephemeralContainers !== undefined,
  'readOnlyRootFilesystem false': some(
    ({ securityContext }) => securityContext?.readOnlyRootFilesystem === false,
  ),
  'a pod that was hardened before': annotated('podtemper.io/hardened'),
  'a pod of a controller': ({ pod }) => (pod.metadata?.ownerReferences?.length ?? 0) > 0,
  'a namespace of OpenShift': ({ facts }) => 'openshift.io/sa.scc.uid-range' in facts.annotations,
  'a program in /tmp': some(({ command }) => command?.[0]?.startsWith('/tmp/') ?? false),
  'a termination message on /tmp': some(({ terminationMessagePath }) => terminationMessagePath === '/tmp'),
  'a token that the API server has put in': ({ pod }) => injectedToken(pod) !== undefined,
  'a volume of its own with the name of the token': ({ pod }) =>
    pod.spec.volumes?.some(({ name, emptyDir }) => name.startsWith('kube-api-access-') && emptyDir != null) ??
    false,
  'a service account by name': ({ pod }) => pod.spec.serviceAccountName === 'operator',
  'a directory of the node with a mount below it': ({ pod }) => {
    const names = new Set(
      pod.spec.volumes?.flatMap(({ name, hostPath }) => (hostPath == null ? [] : [name])),
    );
    return containersOf(pod.spec).some(
      ({ volumeMounts }) =>
        volumeMounts?.some(({ name, mountPath }) => names.has(name) && mountPath === '/tmp') === true &&
        volumeMounts.some(({ mountPath }) => mountPath === '/tmp/cache'),
    );
  },
  'a network file system': ({ pod }) => pod.spec.volumes?.some(({ nfs }) => nfs != null) ?? false,
  'an ID above 65535': ({ pod }) => (pod.spec.securityContext?.runAsUser ?? 0) > 65_535,
  'a RuntimeClass': ({ pod }) => pod.spec.runtimeClassName != null,
  'a pod of a DaemonSet': ({ pod }) =>
    pod.metadata?.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') ?? false,
  'a pod with its node': ({ pod }) => pod.spec.nodeName === 'node-1',
  'a toleration of everything': ({ pod }) =>
    pod.spec.tolerations?.some(({ key, operator }) => key == null && operator === 'Exists') ?? false,
  'a spread of its own': ({ pod }) => (pod.spec.topologySpreadConstraints?.length ?? 0) > 0,
};

/** Whether the API server would take the pod as it is. */
export const isAccepted: Corner = ({ pod, facts }) => apiProblems(pod, facts).length === 0;

/** Every decision that a control may come to: what it declares, and the engine's reasons as far as they hold for it. */
export function outcomesOfControl(control: Control): string[] {
  const { id, skips, flags, scope, os } = control;
  const isOnlyTold = isAdvisory(control);
  const reasons = Object.keys(engineSkips).filter((reason) => {
    if (reason === 'privileged') return scope === 'container';
    if (reason === 'imageCannot') return !isOnlyTold;
    // Nobody is created with ephemeral containers: ephemeralContainers.test.ts adds them.
    if (reason === 'ephemeral') return false;
    return reason !== 'windows' || os === 'linux';
  });
  const skipped = [...Object.keys(skips), ...reasons].map((reason) => `skip ${reason}`);
  const found = Object.keys(flags).map((flag) => `flag ${flag}`);
  return [...(isOnlyTold ? [] : ['change']), 'keep', ...found, ...skipped].map(
    (outcome) => `${id}: ${outcome}`,
  );
}

/** It takes more than fifty faults of one kind, more than 64 paths, a thousand containers or a megabyte to come to these,
 *  or a namespace that has not opted in: those of the laws have, be it by the default. */
const unreached = new Set([
  'moreNotices',
  'tooManyWritablePaths',
  'tooManyContainers',
  'nearlyTooLarge',
  'notOptedIn',
]);

/** What may come of a pod as a whole: every notice and exemption. */
export const outcomesOfPods: readonly string[] = [
  ...reached(noticeCodes).map((code) => `notice ${code}`),
  ...reached(exemptions).map((exemption) => `exempt ${exemption}`),
];

function reached(codes: Readonly<Record<string, string>>): string[] {
  return Object.keys(codes).filter((code) => !unreached.has(code));
}
