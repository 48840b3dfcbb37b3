import type { Container, Pod, PodSpec, SecurityContext } from '../../kubernetes.js';

/** Whether the container has all the powers of the host's root: no security field means anything then. */
export function isPrivileged(securityContext: SecurityContext | undefined): boolean {
  return securityContext?.privileged === true;
}

/** `CAP_SYS_ADMIN`, `sys_admin` and `SYS_ADMIN` are one capability to a container runtime. */
export function canonicalCapability(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('CAP_') ? upper.slice(4) : upper;
}

/** Whether `capabilities.add` names the capability, in any spelling that a runtime accepts. */
export function addsCapability(securityContext: SecurityContext | undefined, name: string): boolean {
  return securityContext?.capabilities?.add?.some((item) => canonicalCapability(item) === name) ?? false;
}

/** The user ID that the container runs with, as far as the pod says: the container's, else the pod's. */
export function effectiveRunAsUser(container: Container, pod: PodSpec): number | undefined {
  return container.securityContext?.runAsUser ?? pod.securityContext?.runAsUser ?? undefined;
}

/** Whether the kubelet insists on a non-root user: the container's word, else the pod's. */
export function effectiveRunAsNonRoot(container: Container, pod: PodSpec): boolean | undefined {
  return container.securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot ?? undefined;
}

/** The last user and group ID of a user namespace, which begins with 0. */
const lastMappedId = 65_535;

/** Whether the pod has a user namespace, and the ID lies beyond it: no container starts with it. */
export function isUnmapped(id: number, { hostUsers }: PodSpec): boolean {
  return hostUsers === false && id > lastMappedId;
}

/** The Windows user that the container runs with, as far as the pod says. */
export function windowsUserName(container: Container, pod: PodSpec): string | undefined {
  return (
    container.securityContext?.windowsOptions?.runAsUserName ??
    pod.securityContext?.windowsOptions?.runAsUserName ??
    undefined
  );
}

const osLabels = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

/** Whether the pod runs on Windows: it says so, asks for such a node, or sets an option that only Windows has. */
export function isWindows({ spec }: Pod): boolean {
  if (spec.os?.name != null) return spec.os.name === 'windows';
  if (osLabels.some((label) => spec.nodeSelector?.[label] === 'windows')) return true;
  return hasWindowsOptions(spec) || requiresWindowsNode(spec);
}

function hasWindowsOptions(spec: PodSpec): boolean {
  const sets = (context: { readonly windowsOptions?: unknown } | undefined) =>
    context?.windowsOptions != null;
  if (sets(spec.securityContext)) return true;
  const isWindowsContainer = ({ securityContext }: Container) => sets(securityContext);
  return (
    [...(spec.initContainers ?? []), ...spec.containers].some(isWindowsContainer) ||
    (spec.ephemeralContainers?.some(isWindowsContainer) ?? false)
  );
}

/** Node selector terms are alternatives: the pod is sure to land on Windows when each of them asks for it. */
function requiresWindowsNode(spec: PodSpec): boolean {
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms == null || terms.length === 0) return false;
  return terms.every((term) =>
    term.matchExpressions?.some(
      ({ key, operator, values }) =>
        osLabels.includes(key) && operator === 'In' && values?.length === 1 && values[0] === 'windows',
    ),
  );
}
