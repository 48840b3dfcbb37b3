import type { Changes } from './restrictedPod.js';

/** One pod, and the checks that it breaks, each with the versions in which it does: `1.8-1.24`, `1.25-` for all from
 *  then on. `where` names the places of the newest version. */
export interface Case {
  readonly title: string;
  readonly changes: Changes;
  readonly breaks: Readonly<Record<string, string>>;
  readonly where?: readonly string[];
}

const always = '1.0-';
const inApp = (securityContext: object): Changes => ({ app: { securityContext } });
const inPod = (securityContext: object): Changes => ({ securityContext });
const unset = undefined;
const onWindows = { os: { name: 'windows' } };
const inUserNamespace = { hostUsers: false };
const annotated = (key: string, value: string | null): Changes => ({
  metadata: { annotations: { [key]: value } },
});

const ofApp = (field: string) => [`containers/app ${field}`];
const withSysctl = (name: string) => inPod({ sysctls: [{ name, value: '1' }] });

/** What breaks a check and what does not, check by check. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  appArmorProfile: [
    {
      title: 'an unconfined container',
      changes: inApp({ appArmorProfile: { type: 'Unconfined' } }),
      breaks: { appArmorProfile: always },
      where: ofApp('securityContext.appArmorProfile'),
    },
    {
      title: 'an unconfined pod',
      changes: inPod({ appArmorProfile: { type: 'Unconfined' } }),
      breaks: { appArmorProfile: always },
      where: ['pod securityContext.appArmorProfile'],
    },
    {
      title: 'a profile without a type',
      changes: inApp({ appArmorProfile: {} }),
      breaks: { appArmorProfile: always },
    },
    {
      title: 'a profile of the node',
      changes: inApp({ appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } }),
      breaks: {},
    },
    {
      title: 'an annotation that says unconfined',
      changes: annotated('container.apparmor.security.beta.kubernetes.io/app', 'unconfined'),
      breaks: { appArmorProfile: always },
      where: ['pod metadata.annotations["container.apparmor.security.beta.kubernetes.io/app"]'],
    },
    {
      title: 'an annotation that names a profile of the node',
      changes: annotated('container.apparmor.security.beta.kubernetes.io/app', 'localhost/x'),
      breaks: {},
    },
    {
      title: 'an annotation without a value',
      changes: annotated('container.apparmor.security.beta.kubernetes.io/app', null),
      breaks: {},
    },
  ],
  capabilities: [
    {
      title: 'a capability beyond the usual',
      changes: inApp({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }),
      breaks: { capabilities_baseline: always, capabilities_restricted: '1.22-' },
      where: ofApp('securityContext.capabilities.add'),
    },
    {
      title: 'a usual capability',
      changes: inApp({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
      breaks: { capabilities_restricted: '1.22-' },
    },
    {
      title: 'the one capability that restricted leaves',
      changes: inApp({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
      breaks: {},
    },
    {
      title: 'it in the spelling of a runtime',
      changes: inApp({ capabilities: { drop: ['ALL'], add: ['CAP_NET_BIND_SERVICE'] } }),
      breaks: { capabilities_baseline: always, capabilities_restricted: '1.22-' },
    },
    {
      title: 'nothing dropped',
      changes: inApp({ capabilities: unset }),
      breaks: { capabilities_restricted: '1.22-' },
      where: ofApp('securityContext.capabilities.drop'),
    },
    {
      title: 'all dropped in lower case',
      changes: inApp({ capabilities: { drop: ['all'] } }),
      breaks: { capabilities_restricted: '1.22-' },
    },
    {
      title: 'nothing dropped on Windows, by name',
      changes: { ...inApp({ capabilities: unset }), ...onWindows },
      breaks: { capabilities_restricted: '1.22-1.24' },
    },
    {
      title: 'nothing dropped on Windows, by node',
      changes: { ...inApp({ capabilities: unset }), nodeSelector: { 'kubernetes.io/os': 'windows' } },
      breaks: { capabilities_restricted: '1.22-' },
    },
  ],
  hostNamespaces: ['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) => [
    {
      title: field,
      changes: { [field]: true },
      breaks: { hostNamespaces: always },
      where: [`pod ${field}`],
    },
    { title: `${field} false`, changes: { [field]: false }, breaks: {} },
  ]),
  volumes: [
    {
      title: 'a folder of the node',
      changes: { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] },
      breaks: { hostPathVolumes: always, restrictedVolumes: always },
      where: ['volumes/logs hostPath'],
    },
    {
      title: 'a volume of the network',
      changes: { volumes: [{ name: 'share', nfs: { server: 'a', path: '/' } }] },
      breaks: { restrictedVolumes: always },
      where: ['volumes/share nfs'],
    },
    {
      title: 'volumes that are the pod’s own',
      changes: {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', persistentVolumeClaim: { claimName: 'b' } },
          { name: 'c', image: { reference: 'c' } },
        ],
      },
      breaks: {},
    },
    {
      title: 'a volume that is an emptyDir for want of a source',
      changes: { volumes: [{ name: 'a' }, { name: 'b', emptyDir: null, hostPath: null }] },
      breaks: {},
    },
  ],
  hostPorts: [
    {
      title: 'a port of the node',
      changes: { setup: { ports: [{ containerPort: 80, hostPort: 80 }] } },
      breaks: { hostPorts: always },
      where: ['initContainers/setup ports[*].hostPort'],
    },
    {
      title: 'port 0 of the node',
      changes: { setup: { ports: [{ containerPort: 80, hostPort: 0 }] } },
      breaks: {},
    },
  ],
  hostProbesAndHostLifecycle: [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => ({
      title: `a host in ${probe}`,
      changes: { app: { [probe]: { httpGet: { port: 80, host: 'example.com' } } } },
      breaks: { hostProbesAndHostLifecycle: '1.34-' },
      where: ofApp(`${probe}.httpGet.host`),
    })),
    ...['postStart', 'preStop'].map((event) => ({
      title: `a host in ${event}`,
      changes: { app: { lifecycle: { [event]: { tcpSocket: { port: 80, host: '127.0.0.1' } } } } },
      breaks: { hostProbesAndHostLifecycle: '1.34-' },
      where: ofApp(`lifecycle.${event}.tcpSocket.host`),
    })),
    {
      title: 'an empty host',
      changes: { app: { livenessProbe: { httpGet: { port: 80, host: '' } } } },
      breaks: {},
    },
  ],
  privileged: [
    {
      title: 'a privileged ephemeral container',
      changes: { debug: { securityContext: { privileged: true } } },
      breaks: { privileged: always },
      where: ['ephemeralContainers/debug securityContext.privileged'],
    },
    { title: 'privileged false', changes: inApp({ privileged: false }), breaks: {} },
  ],
  procMount: [
    {
      title: 'an unmasked /proc',
      changes: inApp({ procMount: 'Unmasked' }),
      breaks: { procMount: always, procMount_restricted: '1.35-' },
      where: ofApp('securityContext.procMount'),
    },
    {
      title: 'an unmasked /proc in a user namespace',
      changes: { ...inApp({ procMount: 'Unmasked' }), ...inUserNamespace },
      breaks: { procMount: '1.0-1.34', procMount_restricted: '1.35-' },
    },
    { title: 'the usual /proc', changes: inApp({ procMount: 'Default' }), breaks: {} },
  ],
  seLinuxOptions: [
    {
      title: 'a type beyond the usual',
      changes: inApp({ seLinuxOptions: { type: 'spc_t' } }),
      breaks: { seLinuxOptions: always },
      where: ofApp('securityContext.seLinuxOptions.type'),
    },
    {
      title: 'the type of a container engine',
      changes: inPod({ seLinuxOptions: { type: 'container_engine_t' } }),
      breaks: { seLinuxOptions: '1.0-1.30' },
    },
    {
      title: 'user and role',
      changes: inPod({ seLinuxOptions: { user: 'system_u', role: 'system_r' } }),
      breaks: { seLinuxOptions: always },
      where: ['pod securityContext.seLinuxOptions.user', 'pod securityContext.seLinuxOptions.role'],
    },
    {
      title: 'usual types and a level',
      changes: inPod({ seLinuxOptions: { type: 'container_t', level: 's0', user: '' } }),
      breaks: {},
    },
  ],
  seccompProfile: [
    {
      title: 'an unconfined container',
      changes: inApp({ seccompProfile: { type: 'Unconfined' } }),
      breaks: { seccompProfile_baseline: '1.19-', seccompProfile_restricted: '1.19-' },
      where: ofApp('securityContext.seccompProfile'),
    },
    {
      title: 'an unconfined pod of containers with profiles',
      changes: inPod({ seccompProfile: { type: 'Unconfined' } }),
      breaks: { seccompProfile_baseline: '1.19-', seccompProfile_restricted: '1.19-' },
      where: ['pod securityContext.seccompProfile'],
    },
    {
      title: 'no profile',
      changes: inApp({ seccompProfile: unset }),
      breaks: { seccompProfile_restricted: '1.19-' },
      where: ofApp('securityContext.seccompProfile'),
    },
    {
      title: 'no profile on Windows',
      changes: { ...inApp({ seccompProfile: unset }), ...onWindows },
      breaks: { seccompProfile_restricted: '1.19-1.24' },
    },
    {
      title: "the pod's profile",
      changes: {
        ...inApp({ seccompProfile: unset }),
        ...inPod({ seccompProfile: { type: 'RuntimeDefault' } }),
      },
      breaks: {},
    },
    {
      title: 'an annotation of the pod that says unconfined',
      changes: annotated('seccomp.security.alpha.kubernetes.io/pod', 'unconfined'),
      breaks: { seccompProfile_baseline: '1.0-1.18' },
    },
    {
      title: 'an annotation of a container that says unconfined',
      changes: annotated('container.seccomp.security.alpha.kubernetes.io/app', 'unconfined'),
      breaks: { seccompProfile_baseline: '1.0-1.18' },
    },
    {
      title: 'an annotation of a container that is not there',
      changes: annotated('container.seccomp.security.alpha.kubernetes.io/other', 'unconfined'),
      breaks: {},
    },
    {
      title: "an annotation with Docker's default",
      changes: annotated('seccomp.security.alpha.kubernetes.io/pod', 'docker/default'),
      breaks: {},
    },
  ],
  sysctls: [
    {
      title: 'a sysctl of the node',
      changes: withSysctl('kernel.msgmax'),
      breaks: { sysctls: always },
      where: ['pod securityContext.sysctls'],
    },
    {
      title: 'a safe one in another spelling',
      changes: withSysctl('net/ipv4/tcp_syncookies'),
      breaks: { sysctls: always },
    },
    {
      title: 'a name that every object has',
      changes: withSysctl('constructor'),
      breaks: { sysctls: always },
    },
    { title: 'the lowest free port', changes: withSysctl('net.ipv4.ip_unprivileged_port_start'), breaks: {} },
    ...(
      [
        ['net.ipv4.ip_local_reserved_ports', '1.0-1.26'],
        ['net.ipv4.tcp_keepalive_time', '1.0-1.28'],
        ['net.ipv4.tcp_rmem', '1.0-1.31'],
        ['net.ipv4.tcp_notsent_lowat', '1.0-1.36'],
      ] as const
    ).map(([name, versions]) => ({ title: name, changes: withSysctl(name), breaks: { sysctls: versions } })),
  ],
  windowsHostProcess: [
    {
      title: 'a process of the node',
      changes: inApp({ windowsOptions: { hostProcess: true } }),
      breaks: { windowsHostProcess: always },
      where: ofApp('securityContext.windowsOptions.hostProcess'),
    },
    {
      title: 'a pod of processes of the node',
      changes: inPod({ windowsOptions: { hostProcess: true } }),
      breaks: { windowsHostProcess: always },
    },
    {
      title: 'hostProcess false',
      changes: inPod({ windowsOptions: { hostProcess: false, runAsUserName: 'ContainerUser' } }),
      breaks: {},
    },
  ],
  allowPrivilegeEscalation: [
    { title: 'false', changes: inApp({ allowPrivilegeEscalation: false }), breaks: {} },
    ...[unset, true, null].map((value) => ({
      title: String(value),
      changes: inApp({ allowPrivilegeEscalation: value }),
      breaks: { allowPrivilegeEscalation: '1.8-' },
      where: ofApp('securityContext.allowPrivilegeEscalation'),
    })),
    {
      title: 'unset on Windows',
      changes: { ...inApp({ allowPrivilegeEscalation: unset }), ...onWindows },
      breaks: { allowPrivilegeEscalation: '1.8-1.24' },
    },
  ],
  runAsNonRoot: [
    {
      title: 'unset',
      changes: inApp({ runAsNonRoot: unset }),
      breaks: { runAsNonRoot: always },
      where: ofApp('securityContext.runAsNonRoot'),
    },
    {
      title: 'false in the container, true in the pod',
      changes: { ...inApp({ runAsNonRoot: false }), ...inPod({ runAsNonRoot: true }) },
      breaks: { runAsNonRoot: always },
    },
    {
      title: 'true in the containers, false in the pod',
      changes: inPod({ runAsNonRoot: false }),
      breaks: { runAsNonRoot: always },
      where: ['pod securityContext.runAsNonRoot'],
    },
    {
      title: 'true in the pod',
      changes: { ...inApp({ runAsNonRoot: unset }), ...inPod({ runAsNonRoot: true }) },
      breaks: {},
    },
    {
      title: 'unset on Windows',
      changes: { ...inApp({ runAsNonRoot: unset }), ...onWindows },
      breaks: { runAsNonRoot: always },
    },
    {
      title: 'false in a user namespace',
      changes: { ...inApp({ runAsNonRoot: false }), ...inUserNamespace },
      breaks: { runAsNonRoot: '1.0-1.34' },
    },
  ],
  runAsUser: [
    {
      title: 'root in a container',
      changes: inApp({ runAsUser: 0 }),
      breaks: { runAsUser: '1.23-' },
      where: ofApp('securityContext.runAsUser'),
    },
    {
      title: 'root in the pod, another user in each container',
      changes: { ...inPod({ runAsUser: 0 }), ...inApp({ runAsUser: 1000 }) },
      breaks: { runAsUser: '1.23-' },
      where: ['pod securityContext.runAsUser'],
    },
    {
      title: 'root in a user namespace',
      changes: { ...inApp({ runAsUser: 0 }), ...inUserNamespace },
      breaks: { runAsUser: '1.23-1.34' },
    },
    { title: 'another user', changes: inPod({ runAsUser: 1000 }), breaks: {} },
  ],
};
