import type { Container, PodSpec } from '../../src/kubernetes.js';
import { containersOf } from './securityRules.js';
import { effectiveUser } from './startRules.js';

/** Capabilities that level baseline lets a container add. */
export const baselineCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Sysctls that each version of the standard allows. */
export const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]);

/** Kinds of volumes that level restricted allows. */
export const restrictedSources = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** What the Pod Security Standards forbid in a pod, in the fields that hardening may write (semantics.md C). The
 *  strictest reading: later versions, Windows and user namespaces only make exceptions, by fields that stay as they
 *  are, so that whoever adds nothing to this list adds nothing under any version and level. */
export function podSecurityProblems(spec: PodSpec): string[] {
  const { securityContext, volumes } = spec;
  const unsafe = securityContext?.sysctls?.filter(({ name }) => !safeSysctls.has(name)) ?? [];
  const sources = volumes?.flatMap((volume) => Object.keys(volume)).filter((key) => key !== 'name') ?? [];
  return [
    ...unsafe.map(({ name }) => `baseline: sysctl ${name}`),
    ...sources.filter((key) => !restrictedSources.has(key)).map((key) => `restricted: volume of kind ${key}`),
    ...(securityContext?.runAsNonRoot === false ? ['restricted: runAsNonRoot false'] : []),
    ...(securityContext?.runAsUser === 0 ? ['restricted: runAsUser 0'] : []),
    ...containersOf(spec).flatMap((container) => containerProblems(container, spec)),
  ];
}

function containerProblems(container: Container, spec: PodSpec): string[] {
  const { name, securityContext = {} } = container;
  const { add = [], drop = [] } = securityContext.capabilities ?? {};
  const { nonRoot, user, seccomp } = effectiveUser(container, spec);
  const confined = seccomp?.type === 'RuntimeDefault' || seccomp?.type === 'Localhost';
  const broken = [
    [securityContext.privileged === true, 'baseline: privileged'],
    [seccomp?.type === 'Unconfined', 'baseline: seccomp Unconfined'],
    [securityContext.allowPrivilegeEscalation !== false, 'restricted: allowPrivilegeEscalation'],
    [!drop.includes('ALL'), 'restricted: ALL not dropped'],
    [nonRoot !== true, 'restricted: runAsNonRoot'],
    [user === 0, 'restricted: runAsUser 0'],
    [!confined, 'restricted: seccomp profile'],
  ] as const;
  const problems = [
    ...broken.filter(([isBroken]) => isBroken).map(([, rule]) => rule),
    ...add.filter((item) => !baselineCapabilities.has(item)).map((item) => `baseline: adds ${item}`),
    ...add.filter((item) => item !== 'NET_BIND_SERVICE').map((item) => `restricted: adds ${item}`),
  ];
  return problems.map((problem) => `Pod Security, ${problem}, ${name}`);
}
