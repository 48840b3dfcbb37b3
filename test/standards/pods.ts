import fc, { type Arbitrary } from 'fast-check';
import type { Container, Pod } from '../../src/kubernetes.js';
import { type Fields, fields, optional, pick, present, someOf } from '../laws/arbitraries.js';
import { repairPod } from '../laws/repair.js';
import { omit } from '../laws/trees.js';
import { volumeSources } from './volumeSources.js';

/** Of 100 fields the number that are drawn as the standards forbid them. Low, so that many pods break a few checks
 *  only and some none. */
const odds = 12;

/** Mostly what `restricted` demands, else something else. */
function mostly(wanted: unknown, ...others: readonly unknown[]): Arbitrary<unknown> {
  return fc.oneof(
    { weight: 100 - odds, arbitrary: fc.constant(wanted) },
    { weight: odds, arbitrary: pick(...others) },
  );
}

const profiles = [
  { type: 'Unconfined' },
  { type: 'Localhost', localhostProfile: 'profiles/x.json' },
  undefined,
];
const seLinuxOptions = pick<Fields>(
  { type: 'container_t' },
  { type: 'container_init_t' },
  { type: 'container_kvm_t' },
  { type: 'container_engine_t' },
  { type: 'spc_t' },
  { type: '', level: 's0:c1,c2' },
  { user: 'system_u' },
  { role: 'system_r', type: 'container_t' },
  { user: '', role: '' },
);

const addable = ['NET_BIND_SERVICE', 'CHOWN', 'SYS_CHROOT', 'AUDIT_WRITE', 'NET_RAW', 'SYS_ADMIN', 'ALL'];
const capabilities = fields({
  drop: mostly(['ALL'], undefined, [], ['all'], ['NET_RAW'], ['CHOWN', 'ALL']),
  add: optional(odds, fc.uniqueArray(pick(...addable, 'net_bind_service', 'CAP_CHOWN'), { maxLength: 2 })),
});

const ofBoth = {
  runAsNonRoot: mostly(undefined, true, false),
  runAsUser: mostly(undefined, 0, 1000),
  seccompProfile: mostly(undefined, { type: 'RuntimeDefault' }, ...profiles),
  appArmorProfile: mostly(undefined, { type: 'RuntimeDefault' }, ...profiles),
  seLinuxOptions: optional(odds, seLinuxOptions),
};

const securityContext = fields({
  ...ofBoth,
  runAsNonRoot: mostly(true, undefined, undefined, false),
  seccompProfile: mostly({ type: 'RuntimeDefault' }, ...profiles, undefined),
  allowPrivilegeEscalation: mostly(false, undefined, true),
  capabilities: fc.oneof(
    { weight: 19, arbitrary: capabilities },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  privileged: mostly(undefined, true, false),
  procMount: mostly(undefined, 'Default', 'Unmasked', 'Unmasked'),
});

const host = pick('', 'example.com', '127.0.0.1');
const httpGet = fields({ port: fc.constant(8080), host: optional(70, host) });
const tcpSocket = fields({ port: fc.constant(8080), host: optional(70, host) });
const handler = fc.oneof(
  fields({ httpGet }),
  fields({ tcpSocket }),
  fc.constant({ exec: { command: ['true'] } }),
);
const probes = {
  livenessProbe: optional(6, handler),
  readinessProbe: optional(6, handler),
  startupProbe: optional(6, handler),
  lifecycle: optional(8, fields({ postStart: optional(50, handler), preStop: optional(50, handler) })),
};

const ports = fc
  .uniqueArray(pick(8080, 9090, 53), { maxLength: 2 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((containerPort) =>
        fields({ containerPort: fc.constant(containerPort), hostPort: optional(25, pick(0, containerPort)) }),
      ),
    ),
  );

const whole = {
  image: fc.constant('app'),
  securityContext: fc.oneof(
    { weight: 19, arbitrary: securityContext },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  ports: optional(odds, ports),
};
const regular = fields({ ...whole, ...probes });
/** Only a sidecar has probes. */
const init = fc.oneof(fields(whole), fields({ ...whole, ...probes, restartPolicy: fc.constant('Always') }));

const names = ['app', 'web', 'exporter'];
const initNames = ['setup', 'proxy'];

const sysctlNames = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.ping_group_range',
  'net/ipv4/tcp_syncookies',
  'kernel.msgmax',
  'net.core.somaxconn',
];

const podContext = fields({
  ...ofBoth,
  sysctls: optional(
    50,
    fc
      .uniqueArray(pick(...sysctlNames), { maxLength: 2 })
      .map((drawn) => drawn.map((name) => ({ name, value: '1' }))),
  ),
});

const seccompValues = pick('runtime/default', 'docker/default', 'localhost/x', 'unconfined', 'unconfined');
const appArmorValues = pick('runtime/default', 'localhost/x', 'unconfined', '');
const annotations = fields({
  'seccomp.security.alpha.kubernetes.io/pod': optional(odds, seccompValues),
  'container.seccomp.security.alpha.kubernetes.io/app': optional(odds, seccompValues),
  'container.seccomp.security.alpha.kubernetes.io/absent': optional(3, seccompValues),
  'container.apparmor.security.beta.kubernetes.io/app': optional(odds, appArmorValues),
});

const platform = fc.oneof(
  { weight: 60, arbitrary: fc.constant('any') },
  { weight: 5, arbitrary: fc.constant('linux') },
  { weight: 14, arbitrary: fc.constant('windows') },
  { weight: 4, arbitrary: pick('hostProcess', 'hostProcesses') },
);

const parts = fc.record({
  annotations,
  platform,
  spec: fields({
    hostNetwork: mostly(undefined, true, false),
    hostPID: mostly(undefined, true, false),
    hostIPC: mostly(undefined, true, false),
    hostUsers: optional(40, pick(false, false, true)),
    securityContext: optional(85, podContext),
    volumes: optional(25, someOf(odds, ...volumeSources)),
  }),
  containers: fc.array(regular, { minLength: 1, maxLength: names.length }),
  initContainers: fc.array(init, { maxLength: initNames.length }),
});
type Parts = typeof parts extends Arbitrary<infer Drawn> ? Drawn : never;

/** Pods with something in every field that the Pod Security Standards look at, which the API server accepts but for a
 *  few; some of them are restricted. */
export const standardPod: Arbitrary<Pod> = parts.map((drawn) => repairPod(repairFields(joinParts(drawn))));

function joinParts({ annotations: own, platform: system, spec, containers, initContainers }: Parts): Pod {
  const isNamed = (list: readonly Fields[], of: readonly string[]) =>
    list.map((container, index) => ({ name: of[index], ...container }));
  const raw = {
    metadata: { annotations: own },
    spec: present({
      ...spec,
      ...(initContainers.length > 0 && { initContainers: isNamed(initContainers, initNames) }),
      containers: isNamed(containers, names),
      ...((system === 'linux' || system === 'windows') && { os: { name: system } }),
    }),
  };
  const pod = raw as unknown as Pod;
  return system.startsWith('hostProcess') ? asHostProcess(pod, system) : pod;
}

/** On Windows the pod, or each of its containers, is a process of the node; then it is on the node's network. */
function asHostProcess({ metadata, spec }: Pod, where: string): Pod {
  const windowsOptions = { hostProcess: true, runAsUserName: 'ContainerUser' };
  const { hostUsers: _hostUsers, ...rest } = spec;
  if (where === 'hostProcess') {
    const context = { ...spec.securityContext, windowsOptions };
    return { ...(metadata && { metadata }), spec: { ...rest, hostNetwork: true, securityContext: context } };
  }
  const isOne = (container: Pod['spec']['containers'][number]) => ({
    ...container,
    securityContext: { ...container.securityContext, windowsOptions },
  });
  const lists = {
    ...(spec.initContainers && { initContainers: spec.initContainers.map(isOne) }),
    containers: spec.containers.map(isOne),
  };
  return { ...(metadata && { metadata }), spec: { ...rest, hostNetwork: true, ...lists } };
}

/** An ephemeral container, as `kubectl debug` adds it to a pod that runs. */
export const debugContainer: Arbitrary<Container> = securityContext.map((context) => {
  const container = { name: 'debugger', image: 'debug', securityContext: omit(context, 'procMount') };
  const [repaired] = repairPod({ spec: { containers: [container] } }).spec.containers;
  return repaired ?? container;
});

const appArmorOfApp = 'container.apparmor.security.beta.kubernetes.io/app';

/** Takes out what the API server would refuse and `repairPod` does not know of. */
function repairFields(pod: Pod): Pod {
  const { metadata, spec } = pod;
  const { appArmorProfile, sysctls } = spec.securityContext ?? {};
  const isIpc = (name: string) => spec.hostIPC === true && name.startsWith('kernel.');
  const context = spec.securityContext && {
    ...spec.securityContext,
    ...(sysctls && { sysctls: sysctls.filter(({ name }) => !isIpc(name)) }),
  };
  const kept = omit(metadata?.annotations ?? {}, ...(appArmorProfile === undefined ? [] : [appArmorOfApp]));
  return {
    metadata: { ...metadata, annotations: kept },
    spec: { ...spec, ...(context && { securityContext: context }) },
  };
}
