import type { Container, Pod, PodSpec, SecurityContext } from '../../src/kubernetes.js';

type Profile = Pick<NonNullable<SecurityContext['seccompProfile']>, 'type' | 'localhostProfile'>;

const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';

/** Init and regular containers of a pod. */
export function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** What the API server refuses in security contexts (semantics.md A1, A2; ValidateSecurityContext,
 *  ValidatePodSecurityContext, validateSeccompAnnotationsAndFields, validateWindows). */
export function securityProblems({ metadata, spec }: Pod): string[] {
  const annotations = metadata?.annotations ?? {};
  return [
    ...containersOf(spec).flatMap((container) => containerProblems(container, spec, annotations)),
    ...profileProblems(spec.securityContext?.seccompProfile, annotations[podAnnotation]),
    ...sysctlProblems(spec),
    ...hostUsersProblems(spec),
    ...osProblems(spec),
  ];
}

function containerProblems(
  { name, securityContext = {} }: Container,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>>,
): string[] {
  const annotation = annotations[containerAnnotation + name];
  const problems = [
    ...contextProblems(securityContext, spec),
    ...profileProblems(securityContext.seccompProfile, annotation),
  ];
  return problems.map((problem) => `${name}: ${problem}`);
}

function contextProblems(
  { allowPrivilegeEscalation, privileged, capabilities, procMount, ...ids }: SecurityContext,
  { hostUsers }: PodSpec,
): string[] {
  const problems: string[] = [];
  const refusesEscalation = allowPrivilegeEscalation === false;
  if (refusesEscalation && privileged === true) {
    problems.push('allowPrivilegeEscalation false with privileged true');
  }
  if (refusesEscalation && capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    problems.push('allowPrivilegeEscalation false with CAP_SYS_ADMIN');
  }
  if (procMount === 'Unmasked' && hostUsers !== false) {
    problems.push('procMount Unmasked without hostUsers false');
  }
  for (const id of [ids.runAsUser, ids.runAsGroup]) {
    if (id !== undefined && (id < 0 || id > 2_147_483_647)) problems.push(`ID ${id} out of range`);
  }
  return problems;
}

/** Whether the legacy annotation says the same as the field; only then are both accepted. */
export function annotationMatches(profile: Profile, annotation: string): boolean {
  if (profile.type === 'Unconfined') return annotation === 'unconfined';
  if (profile.type === 'RuntimeDefault')
    return annotation === 'runtime/default' || annotation === 'docker/default';
  return annotation === `localhost/${profile.localhostProfile ?? ''}`;
}

function profileProblems(profile: Profile | undefined, annotation: string | undefined): string[] {
  if (profile == null) return [];
  const problems: string[] = [];
  if (!['Localhost', 'RuntimeDefault', 'Unconfined'].includes(profile.type))
    problems.push('seccompProfile without type');
  if ((profile.type === 'Localhost') !== Boolean(profile.localhostProfile))
    problems.push('localhostProfile against type');
  if (annotation !== undefined && !annotationMatches(profile, annotation)) {
    problems.push('seccomp type in annotation and field must match');
  }
  return problems;
}

function sysctlProblems({ securityContext, hostNetwork }: PodSpec): string[] {
  const names = securityContext?.sysctls?.map(({ name }) => name) ?? [];
  const problems: string[] = [];
  if (new Set(names).size < names.length) problems.push('a sysctl twice');
  if (hostNetwork === true && names.some((name) => /^net[./]/.test(name)))
    problems.push('net sysctl with hostNetwork');
  return problems;
}

function hostUsersProblems(spec: PodSpec): string[] {
  if (spec.hostUsers !== false) return [];
  const usesHost = spec.hostNetwork === true || spec.hostPID === true || spec.hostIPC === true;
  const usesDevices = containersOf(spec).some(({ volumeDevices }) => (volumeDevices?.length ?? 0) > 0);
  return usesHost || usesDevices ? ['hostUsers false with host namespaces or block devices'] : [];
}

/** Fields of a pod's security context that a Windows pod must not have. */
const linuxPodFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seLinuxChangePolicy',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
] as const;

/** Fields of a container's security context that a Windows pod must not have. */
const linuxContainerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** Fields of a pod's spec that a Windows pod must not have. */
const linuxSpecFields = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'resources'] as const;

/** Every field that `os.name: windows` forbids, by where it stands. */
export const linuxFields = { spec: linuxSpecFields, pod: linuxPodFields, container: linuxContainerFields };

function osProblems(spec: PodSpec): string[] {
  if (spec.os?.name === 'linux') {
    const contexts = [
      spec.securityContext,
      ...containersOf(spec).map(({ securityContext }) => securityContext),
    ];
    return contexts.some((context) => context?.windowsOptions != null)
      ? ['windowsOptions on a Linux pod']
      : [];
  }
  if (spec.os?.name !== 'windows') return [];
  const isSet = (holder: object | undefined, field: string) =>
    holder !== undefined && (holder as Readonly<Record<string, unknown>>)[field] != null;
  return [
    ...linuxSpecFields.filter((field) => isSet(spec, field)),
    ...linuxPodFields.filter((field) => isSet(spec.securityContext, field)),
    ...containersOf(spec).flatMap(({ name, securityContext }) =>
      linuxContainerFields
        .filter((field) => isSet(securityContext, field))
        .map((field) => `${name}: ${field}`),
    ),
  ].map((field) => `${field} on a Windows pod`);
}
