import type { Container, NamespaceFacts, PodSpec } from '../../src/kubernetes.js';
import { milliOf } from './quantities.js';
import { containersOf } from './securityRules.js';
import { userNamespaceProblems } from './userNamespaces.js';

/** Below that a container dies while it starts (the least that runtimes take). */
const leastMemory = 6n * 1024n * 1024n * 1000n;

/** What the kubelet or the runtime makes of a pod that its author cannot have meant: a start that fails, capabilities
 *  that are taken again, one sysctl twice, what a user namespace cannot map (semantics.md A 3, 4, 11, 13;
 *  verifyRunAsNonRoot). */
export function startProblems(spec: PodSpec, facts: NamespaceFacts): string[] {
  const sysctls = spec.securityContext?.sysctls?.map(({ name }) => name.replaceAll('/', '.')) ?? [];
  return [
    ...(new Set(sysctls).size < sysctls.length ? ['one sysctl in two spellings'] : []),
    ...userNamespaceProblems(spec),
    ...containersOf(spec).flatMap((container) =>
      [
        ...userProblems(container, spec, facts),
        ...capabilityProblems(container),
        ...memoryProblems(container),
      ].map((problem) => `${container.name}: ${problem}`),
    ),
  ];
}

function userProblems(container: Container, spec: PodSpec, { annotations }: NamespaceFacts): string[] {
  const { user, nonRoot, windowsUser } = effectiveUser(container, spec);
  const onWindows = goesToWindows(spec);
  // What an image's own user is, only the node will know; on OpenShift the platform picks one.
  const isUnknown = user === undefined && windowsUser === undefined && !onWindows;
  const isPicked = annotations['openshift.io/sa.scc.uid-range'] !== undefined;
  const broken = [
    [nonRoot === true && user === 0 && !onWindows, 'runAsNonRoot with user 0 never starts'],
    [nonRoot === true && isUnknown && !isPicked, "runAsNonRoot with the image's user may never start"],
    [
      nonRoot === true && windowsUser?.toLowerCase() === 'containeradministrator',
      'runAsNonRoot with ContainerAdministrator never starts',
    ],
  ] as const;
  return broken.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
}

function capabilityProblems({ securityContext }: Container): string[] {
  const has = (list: readonly string[] | undefined) =>
    list?.some((item) => item.toUpperCase() === 'ALL') ?? false;
  const { add, drop } = securityContext?.capabilities ?? {};
  return has(add) && has(drop) ? ['drop ALL undoes add ALL'] : [];
}

function memoryProblems({ resources }: Container): string[] {
  const limit = resources?.limits?.['memory'];
  const amount = limit === undefined ? 0n : (milliOf(limit) ?? 0n);
  return amount > 0n && amount < leastMemory ? ['a limit of memory too low to start with'] : [];
}

/** Whether the pod runs on Windows for sure, where the kubelet does not look at runAsUser
 *  (security_context_windows.go). Windows options alone do not keep a pod off a Linux node. */
function goesToWindows(spec: PodSpec): boolean {
  const isLabel = (key: string) => key === 'kubernetes.io/os' || key === 'beta.kubernetes.io/os';
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const asks = terms?.map(({ matchExpressions }) =>
    matchExpressions?.some(
      ({ key, operator, values }) => isLabel(key) && operator === 'In' && values?.join() === 'windows',
    ),
  );
  const selects = Object.entries(spec.nodeSelector ?? {}).some(
    ([key, value]) => isLabel(key) && value === 'windows',
  );
  return (
    spec.os?.name === 'windows' || selects || (asks !== undefined && asks.length > 0 && asks.every(Boolean))
  );
}

/** Who a container runs as and under which profiles: its own word, else the pod's. */
export function effectiveUser({ securityContext }: Container, { securityContext: podContext }: PodSpec) {
  const [own, pod] = [securityContext ?? {}, podContext ?? {}];
  return {
    user: firstSet(own.runAsUser, pod.runAsUser),
    group: firstSet(own.runAsGroup, pod.runAsGroup),
    nonRoot: firstSet(own.runAsNonRoot, pod.runAsNonRoot),
    seccomp: firstSet(own.seccompProfile, pod.seccompProfile),
    appArmor: firstSet(own.appArmorProfile, pod.appArmorProfile),
    seLinux: firstSet(own.seLinuxOptions, pod.seLinuxOptions),
    windowsUser: firstSet(own.windowsOptions?.runAsUserName, pod.windowsOptions?.runAsUserName),
  };
}

/** Null, as raw manifests hold it, is unset. */
function firstSet<T>(own: T | undefined, inherited: T | undefined): T | undefined {
  return own ?? inherited ?? undefined;
}
