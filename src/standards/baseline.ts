import {
  type Check,
  containersOf,
  fieldPlaces,
  isExcusedUserNamespace,
  itemsAt,
  namePlaces,
  podAndContainersOf,
  podOf,
  valueAt,
  volumesOf,
} from './check.js';
import { appArmorProfile, baselineSeccompProfile } from './profiles.js';
import { sysctls } from './sysctls.js';

const level = 'baseline';
const isTrue = (value: unknown) => value === true;
const isText = (value: unknown) => typeof value === 'string' && value !== '';

const usualCapabilities = new Set<unknown>([
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

/** What the standards leave of the capabilities that a container adds. */
export const keptCapabilities = 'securityContext.capabilities.add: [NET_BIND_SERVICE], or none';

const capabilities: Check = {
  id: 'capabilities_baseline',
  level,
  since: 0,
  places: (pod) =>
    namePlaces(containersOf(pod), 'securityContext.capabilities.add', {
      isForbidden: (name) => !usualCapabilities.has(name),
      write: keptCapabilities,
    }),
};

const hostNamespaces: Check = {
  id: 'hostNamespaces',
  level,
  since: 0,
  places: (pod) =>
    ['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) =>
      fieldPlaces([podOf(pod)], field, { isForbidden: isTrue, write: `leave ${field} out` }),
    ),
};

const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  level,
  since: 0,
  places: (pod) =>
    fieldPlaces(volumesOf(pod), 'hostPath', {
      isForbidden: (source) => source !== undefined,
      write: 'a volume of another kind, such as persistentVolumeClaim or emptyDir',
    }),
};

const hostPorts: Check = {
  id: 'hostPorts',
  level,
  since: 0,
  places: (pod) =>
    containersOf(pod).flatMap(({ name, value }) => {
      const ports = itemsAt(value, 'ports').map((port) => valueAt(port, 'hostPort'));
      const found = ports.filter((port) => port !== undefined && port !== 0);
      const write = 'leave hostPort out: a Service reaches the container without it';
      return found.length > 0 ? [{ target: name, field: 'ports[*].hostPort', found, write }] : [];
    }),
};

const handlers = [
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle.postStart',
  'lifecycle.preStop',
];
const hostFields = handlers.flatMap((handler) => [`${handler}.httpGet.host`, `${handler}.tcpSocket.host`]);

const hostProbes: Check = {
  id: 'hostProbesAndHostLifecycle',
  level,
  since: 34,
  places: (pod) =>
    hostFields.flatMap((field) =>
      fieldPlaces(containersOf(pod), field, {
        isForbidden: isText,
        write: "leave host out: the kubelet then asks the pod's own address",
      }),
    ),
};

const privileged: Check = {
  id: 'privileged',
  level,
  since: 0,
  places: (pod) =>
    fieldPlaces(containersOf(pod), 'securityContext.privileged', {
      isForbidden: isTrue,
      write: 'leave securityContext.privileged out',
    }),
};

const procMount: Check = {
  id: 'procMount',
  level,
  since: 0,
  places: (pod, version) => (isExcusedUserNamespace(pod, version) ? [] : unmaskedProc(pod)),
};

/** Containers with a view of /proc that the standards forbid. */
export function unmaskedProc(pod: Parameters<Check['places']>[0]): ReturnType<Check['places']> {
  return fieldPlaces(containersOf(pod), 'securityContext.procMount', {
    isForbidden: (type) => type !== undefined && type !== 'Default',
    write: 'leave securityContext.procMount out',
  });
}

const selinux = 'securityContext.seLinuxOptions';
const usualTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  level,
  since: 0,
  places(pod, version) {
    const types: unknown[] = version < 31 ? usualTypes : [...usualTypes, 'container_engine_t'];
    const isForeign = (type: unknown) => type !== undefined && !types.includes(type);
    return podAndContainersOf(pod).flatMap((target) =>
      fieldPlaces([target], `${selinux}.type`, {
        isForbidden: isForeign,
        write: `${selinux}.type: container_t, or none`,
      }).concat(
        ['user', 'role'].flatMap((name) =>
          fieldPlaces([target], `${selinux}.${name}`, {
            isForbidden: isText,
            write: `leave ${selinux}.${name} out`,
          }),
        ),
      ),
    );
  },
};

const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  level,
  since: 0,
  places: (pod) =>
    fieldPlaces(podAndContainersOf(pod), 'securityContext.windowsOptions.hostProcess', {
      isForbidden: isTrue,
      write: 'leave securityContext.windowsOptions.hostProcess out',
    }),
};

/** What keeps a pod from privileges over its node that are well known. */
export const baseline: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  baselineSeccompProfile,
  sysctls,
  windowsHostProcess,
];
