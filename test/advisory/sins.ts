import type { PodSpec } from '../../src/kubernetes.js';
import type { ControlId } from '../../src/controls/index.js';

/** Part of a pod, for which nothing is checked but what the test is about. */
type Part = Readonly<Record<string, unknown>>;

/** A pod with one thing in it that is to be found. */
export interface Sin {
  readonly name: string;
  readonly spec: PodSpec;
  /** Field and control, and no other. */
  readonly expected: readonly (readonly [control: ControlId, field: string])[];
}

/** A pod that needs no API server and has nothing to be found. */
function podWith(spec: Part, container: Part = {}): PodSpec {
  const app = { name: 'app', image: 'registry.example.com/shop/app:1', ...container };
  return { automountServiceAccountToken: false, containers: [app], ...spec };
}

const mounted = (hostPath: Part, mount: Part = {}) =>
  podWith(
    {
      volumes: [
        { name: 'own', emptyDir: {} },
        { name: 'host', hostPath },
      ],
    },
    { volumeMounts: [{ name: 'host', mountPath: '/host', ...mount }] },
  );
const running = (...command: string[]) => podWith({}, { command });
const script = (text: string) => running('/bin/sh', '-c', text);
const adding = (...add: string[]) => podWith({}, { securityContext: { capabilities: { add } } });
const variable = (name: string, value: string) => podWith({}, { env: [{ name, value }] });

const hostField = 'spec.volumes[1].hostPath.path';
const container = (field: string) => `spec.containers[0].${field}`;

function sinsOf(
  control: ControlId,
  field: string,
  specs: Readonly<Record<string, PodSpec>>,
  ...also: readonly (readonly [ControlId, string])[]
): Sin[] {
  return Object.entries(specs).map(([name, spec]) => ({
    name,
    spec,
    expected: [[control, field], ...also] as const,
  }));
}

const token = (audience?: string) =>
  podWith({
    volumes: [
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience } }] } },
    ],
  });

/** Every sin in turn. */
export const sins: readonly Sin[] = [
  ...sinsOf('hostPath', hostField, {
    '/etc': mounted({ path: '/etc' }),
    '/etc with a slash at its end': mounted({ path: '/etc/' }),
    '/etc with two slashes': mounted({ path: '//etc//' }),
    '/etc by way of another directory': mounted({ path: '/data/../etc' }),
    '/etc by way of itself': mounted({ path: '/./etc/.' }),
    'a directory below /etc': mounted({ path: '/etc/kubernetes/pki', type: 'Directory' }),
    '/boot': mounted({ path: '/boot' }),
    '/dev': mounted({ path: '/dev' }),
    'a device': mounted({ path: '/dev/mem', type: 'CharDevice' }, { readOnly: true }),
    '/lib': mounted({ path: '/lib/modules' }),
    '/lib64': mounted({ path: '/lib64' }),
    '/proc, read-only': mounted({ path: '/proc' }, { readOnly: true }),
    '/sys': mounted({ path: '/sys' }),
    '/usr': mounted({ path: '/usr/bin' }),
    'a single file that is writable': mounted({ path: '/etc/localtime', type: 'File' }),
    'a single file that is secret': mounted({ path: '/etc/shadow', type: 'File' }, { readOnly: true }),
    'a sub-path of the root': mounted({ path: '/' }, { subPath: 'etc' }),
    'a directory that nothing mounts': mounted({ path: '/etc' }, { name: 'own' }),
  }),
  ...sinsOf(
    'hostPath',
    hostField,
    {
      'the root of the node': mounted({ path: '/' }),
      'the root, spelt otherwise': mounted({ path: '/a/..' }),
    },
    ['runtimeSocket', hostField],
  ),
  ...sinsOf('runtimeSocket', hostField, {
    'the socket of Docker': mounted({ path: '/var/run/docker.sock' }),
    'the socket of Docker in /run': mounted({ path: '/run/docker.sock', type: 'Socket' }),
    'the socket of Docker, read-only': mounted({ path: '/var/run/docker.sock' }, { readOnly: true }),
    'the socket of containerd': mounted({ path: '/run/containerd/containerd.sock' }),
    'the socket of CRI-O': mounted({ path: '/var/run/crio/crio.sock' }),
    'the socket of dockershim': mounted({ path: '/var/run/dockershim.sock' }),
    'the socket of cri-dockerd': mounted({ path: '/run/cri-dockerd.sock' }),
    'the socket of Podman': mounted({ path: '/run/podman/podman.sock' }),
    'the socket of a user': mounted({ path: '/run/user/1000/podman/podman.sock' }),
    'the folder of containerd': mounted({ path: '/run/containerd/' }),
    '/run': mounted({ path: '/run' }),
    '/var/run': mounted({ path: '/var/run' }),
    '/var': mounted({ path: '/var' }),
    'a sub-path to the socket': mounted({ path: '/run' }, { subPath: 'docker.sock' }),
  }),
  ...sinsOf('hostNamespaces', 'spec.hostPID', { hostPID: podWith({ hostPID: true }) }),
  ...sinsOf('hostNamespaces', 'spec.hostIPC', { hostIPC: podWith({ hostIPC: true }) }),
  ...sinsOf(
    'hostNamespaces',
    'spec.hostNetwork',
    {
      hostNetwork: podWith({ hostNetwork: true }, { ports: [{ containerPort: 80, hostPort: 80 }] }),
    },
    ['managementPlane', 'spec.hostNetwork'],
  ),
  ...sinsOf('privileged', container('securityContext.privileged'), {
    privileged: podWith({}, { securityContext: { privileged: true } }),
  }),
  ...sinsOf('privileged', 'spec.initContainers[1].securityContext.privileged', {
    'privileged, in an init container': podWith({
      initContainers: [
        { name: 'one', image: 'a' },
        { name: 'two', image: 'a', securityContext: { privileged: true } },
      ],
    }),
  }),
  ...sinsOf('dangerousCapabilities', container('securityContext.capabilities.add[0]'), {
    SYS_ADMIN: adding('SYS_ADMIN'),
    'CAP_NET_ADMIN, by its long name': adding('CAP_NET_ADMIN'),
    'sys_ptrace, in lower case': adding('sys_ptrace'),
    'all of them': adding('all'),
    NET_RAW: adding('NET_RAW'),
    BPF: adding('Cap_Bpf'),
  }),
  ...sinsOf('dangerousCapabilities', container('securityContext.capabilities.add[2]'), {
    'the third of three': adding('CHOWN', 'KILL', 'SYS_TIME'),
  }),
  ...sinsOf('hostPorts', container('ports[1].hostPort'), {
    hostPort: podWith({}, { ports: [{ containerPort: 80 }, { containerPort: 443, hostPort: 443 }] }),
  }),
  ...sinsOf('sshd', container('command[0]'), {
    sshd: running('/usr/sbin/sshd', '-D'),
    dropbear: running('dropbear', '-F', '-E'),
  }),
  ...sinsOf('sshd', container('args[0]'), {
    'sshd as an argument': podWith({}, { args: ['sshd', '-D'] }),
  }),
  ...sinsOf('sshd', container('command[1]'), { 'a service': running('service', 'ssh', 'start') }),
  ...sinsOf('sshd', container('command[2]'), {
    'a service in a script': script('service ssh start; exec app'),
    'sshd after another command': script('mkdir -p /run/sshd && /usr/sbin/sshd -D'),
    'sshd in quotes': script('exec "/usr/sbin/sshd" -D'),
    'sshd in the background': script('PORT=22 /usr/sbin/sshd & exec app'),
    'a script in a script': script(`su app -c "bash -c '/usr/sbin/sshd -p 22'"`),
    'sshd below an init': running('/sbin/tini', '--', '/usr/sbin/sshd', '-D'),
    'an init script': script('/etc/init.d/ssh restart && sleep infinity'),
    systemctl: script('systemctl enable --now sshd.service'),
  }),
  ...sinsOf('sshd', container('lifecycle.postStart.exec.command[2]'), {
    'sshd in a hook': podWith(
      {},
      { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'sudo service ssh start'] } } } },
    ),
  }),
  ...sinsOf('sshd', container('image'), {
    'an image of an SSH server': podWith({}, { image: 'lscr.io/linuxserver/openssh-server:latest' }),
    'an image of sshd': podWith({}, { image: 'rastasheep/ubuntu-sshd@sha256:0123' }),
    'an image of an SFTP server': podWith({}, { image: 'atmoz/sftp' }),
  }),
  ...sinsOf('sshd', container('ports[0].containerPort'), {
    'port 22': podWith({}, { ports: [{ containerPort: 22 }] }),
  }),
  ...sinsOf('managementPlane', 'spec.automountServiceAccountToken', {
    'a token that will be mounted': podWith({ automountServiceAccountToken: undefined }),
    'a token that is asked for': podWith({
      automountServiceAccountToken: true,
      serviceAccountName: 'default',
    }),
    'a token that was put in': podWith({
      automountServiceAccountToken: undefined,
      serviceAccountName: 'default',
      volumes: [
        {
          name: 'kube-api-access-abcde',
          projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
        },
      ],
    }),
  }),
  ...sinsOf('managementPlane', 'spec.volumes[0].projected.sources[0].serviceAccountToken', {
    'a projected token': token(),
    'a projected token that names the API server': token('https://kubernetes.default.svc'),
  }),
  ...sinsOf('managementPlane', container('env[0].value'), {
    'the address of the API server': variable('API', 'https://kubernetes.default.svc.cluster.local:443/api'),
    'its short name': variable('API', 'https://kubernetes'),
    'its variable': variable('API', 'https://$(KUBERNETES_SERVICE_HOST):443'),
    'its variable, overwritten': variable('KUBERNETES_SERVICE_HOST', '203.0.113.7'),
  }),
  ...sinsOf('managementPlane', 'spec.hostAliases[0].hostnames[1]', {
    'an alias of the API server': podWith({
      hostAliases: [{ ip: '203.0.113.7', hostnames: ['api', 'kubernetes.default'] }],
    }),
  }),
];

const readOnly = { readOnly: true };
const image = (name: string) => podWith({}, { image: name });

/** What only looks like a sin. */
export const nearMisses: Readonly<Record<string, PodSpec>> = {
  'a plain pod': podWith({}),
  'the time zone, read-only, without a type': mounted({ path: '/etc/localtime', type: '' }, readOnly),
  'the time zone, read-only, as a file': mounted({ path: '/etc/localtime', type: 'File' }, readOnly),
  'the time zones': mounted({ path: '/usr/share/zoneinfo/Europe/Berlin' }, readOnly),
  'the machine ID': mounted({ path: '/etc/machine-id' }, readOnly),
  'a file of settings, read-only': mounted({ path: '/etc/app/settings.yaml', type: 'File' }, readOnly),
  '/etc-backup': mounted({ path: '/etc-backup' }),
  '/etcd': mounted({ path: '/etcd' }),
  '/data/etc': mounted({ path: '/data/etc' }),
  '/etc/../data': mounted({ path: '/etc/../data' }),
  '/devices': mounted({ path: '/devices' }),
  '/library': mounted({ path: '/library' }),
  '/libs64': mounted({ path: '/libs64' }),
  '/process': mounted({ path: '/process' }),
  '/system': mounted({ path: '/system' }),
  '/users': mounted({ path: '/users' }),
  '/bootstrap': mounted({ path: '/bootstrap' }),
  '/var/log, which the policy may add': mounted({ path: '/var/log' }),
  '/var/lib/app': mounted({ path: '/var/lib/app' }),
  'a sub-path of the root that is harmless': mounted({ path: '/' }, { subPath: 'data/app' }),
  'an emptyDir at /etc': podWith(
    { volumes: [{ name: 'own', emptyDir: {} }] },
    { volumeMounts: [{ name: 'own', mountPath: '/etc' }] },
  ),
  'a claim at /var/run/docker.sock': podWith(
    { volumes: [{ name: 'own', persistentVolumeClaim: { claimName: 'own' } }] },
    { volumeMounts: [{ name: 'own', mountPath: '/var/run/docker.sock' }] },
  ),
  '/data/docker.sock.bak': mounted({ path: '/data/docker.sock.bak' }),
  '/data/docker.socket': mounted({ path: '/data/docker.socket' }),
  '/data/my-docker.sock.d': mounted({ path: '/data/my-docker.sock.d' }),
  '/run/systemd/journal/socket': mounted({ path: '/run/systemd/journal/socket' }),
  '/run/lock': mounted({ path: '/run/lock' }),
  '/run/containers': mounted({ path: '/run/containers' }),
  '/running': mounted({ path: '/running' }),
  '/variable': mounted({ path: '/variable' }),
  'no shared namespace': podWith({ hostNetwork: false, hostPID: false, hostIPC: false }),
  'one process namespace for the pod': podWith({ shareProcessNamespace: true }),
  'privileged: false': podWith({}, { securityContext: { privileged: false } }),
  'capabilities that are dropped': podWith(
    {},
    { securityContext: { capabilities: { drop: ['SYS_ADMIN', 'ALL'] } } },
  ),
  'capabilities of level baseline': adding('NET_BIND_SERVICE', 'CHOWN', 'CAP_SETUID', 'kill', 'SYS_CHROOT'),
  'a port of the container': podWith({}, { ports: [{ containerPort: 443 }] }),
  'hostPort 0': podWith({}, { ports: [{ containerPort: 443, hostPort: 0 }] }),
  'an SSH client': running('ssh', '-N', '-L', '5432:db:5432', 'bastion'),
  'an SSH client in a script': script('ssh -o StrictHostKeyChecking=yes host uptime'),
  'git over SSH': running('git', 'clone', 'git+ssh://git@example.com/team/app.git'),
  'pip over SSH': podWith({}, { args: ['pip', 'install', 'git+ssh://git@example.com/team/app.git'] }),
  scp: script('scp -r app host:/srv && echo done'),
  'rsync over SSH': running('rsync', '-e', 'ssh', '-a', '/data', 'host:/data'),
  'keys of SSH': script(
    'ssh-keygen -t ed25519 -f /tmp/key; ssh-keyscan host >> ~/.ssh/known_hosts; eval $(ssh-agent)',
  ),
  'a tunnel': running('autossh', '-M', '0', '-N', 'host'),
  'the settings of sshd, shown': script('cat /etc/ssh/sshd_config | grep sshd'),
  'the settings of sshd, checked': running('/usr/sbin/sshd', '-t'),
  'a look for sshd': script('command -v sshd; which sshd; pgrep sshd; test -x /usr/sbin/sshd'),
  'a word about sshd': script('echo "no sshd here" # sshd -D'),
  'sshd, stopped': script(
    'service ssh stop; systemctl disable sshd; start-stop-daemon --stop --exec /usr/sbin/sshd',
  ),
  'a user called sshd': script('sudo -u sshd app; gosu sshd app'),
  'an image of an SSH client': image('registry.example.com/tools/openssh-client:9'),
  'an image that watches sshd': image('registry.example.com/tools/sshd-exporter:1'),
  'an image called so in its folder only': image('registry.example.com/sshd/app:1'),
  'an image called so in its tag only': image('registry.example.com/shop/app:sshd'),
  'port 2222': podWith({}, { ports: [{ containerPort: 2222 }] }),
  'port 22 of UDP': podWith({}, { ports: [{ containerPort: 22, protocol: 'UDP' }] }),
  'port 8022': podWith({}, { ports: [{ containerPort: 8022 }] }),
  'a service account by name': podWith({
    automountServiceAccountToken: undefined,
    serviceAccountName: 'operator',
  }),
  'the account default, which mounts nothing': podWith({
    automountServiceAccountToken: undefined,
    serviceAccountName: 'default',
  }),
  'a token for somebody else': token('vault'),
  'a token for a cloud': token('sts.example.com'),
  'the documentation of Kubernetes': variable('DOCS', 'https://kubernetes.io/docs/'),
  'a service with a longer name': variable('BACKEND', 'http://kubernetes.default-backend.svc'),
  'a service of another name': variable('BACKEND', 'http://my-kubernetes.default.svc'),
  'a variable with a similar name': variable('KUBERNETES_NAMESPACE', 'shop'),
  'an alias of something else': podWith({
    hostAliases: [{ ip: '203.0.113.7', hostnames: ['kubernetes.example.com', 'db'] }],
  }),
};
