import fc, { type Arbitrary } from 'fast-check';
import { type Fields, fields, maybe, optional, pick, present, someOf } from './arbitraries.js';

const bool = fc.boolean();

const capabilityNames = [
  'NET_BIND_SERVICE',
  'NET_ADMIN',
  'SYS_ADMIN',
  'CAP_SYS_ADMIN',
  'sys_admin',
  'CHOWN',
  'ALL',
  'all',
  'CAP_NET_RAW',
  'CAP_ALL',
  'cap_net_bind_service',
] as const;

const capabilityList = fc.uniqueArray(pick(...capabilityNames), { maxLength: 3 });
const dropList = fc.oneof(
  fc.constant(['ALL']),
  fc.constant(['all']),
  fc.uniqueArray(
    pick('NET_RAW', 'ALL', 'all', 'All', 'CAP_NET_RAW', 'NET_BIND_SERVICE', 'cap_net_bind_service'),
    { maxLength: 3 },
  ),
);
const capabilities = fields({ add: maybe(45, capabilityList), drop: maybe(45, dropList) });

/** Seccomp profiles of every type. */
export const seccompProfile: Arbitrary<Fields> = pick<Fields>(
  { type: 'RuntimeDefault' },
  { type: 'Unconfined' },
  { type: 'Localhost', localhostProfile: 'profiles/x.json' },
);

/** Users that Windows knows, the one that is root among them in two spellings. */
export const windowsUsers: Arbitrary<string> = pick(
  'ContainerUser',
  'ContainerAdministrator',
  'containeradministrator',
  String.raw`NT AUTHORITY\Local Service`,
);

const userIds = pick(0, 1000, 1, 101, 65534, 70_000, 2_147_483_647);

const securityContext = fields({
  privileged: maybe(14, pick(true, false)),
  allowPrivilegeEscalation: maybe(20, bool),
  readOnlyRootFilesystem: maybe(22, bool),
  runAsUser: maybe(25, userIds),
  runAsGroup: maybe(8, pick(0, 1000)),
  runAsNonRoot: maybe(25, bool),
  capabilities: maybe(40, capabilities),
  seccompProfile: maybe(20, seccompProfile),
  appArmorProfile: maybe(4, pick({ type: 'RuntimeDefault' }, { type: 'Unconfined' })),
  seLinuxOptions: maybe(4, pick({ level: 's0:c123,c456' }, { type: 'container_t' })),
  procMount: maybe(10, pick('Default', 'Unmasked')),
  windowsOptions: maybe(30, fields({ runAsUserName: maybe(85, windowsUsers) })),
  futureField: maybe(3, fc.constant({ nested: [1, { 'a/b~c': 'kept' }] })),
});

/** The security context of a pod, sysctls in both spellings among its fields. */
export const podSecurityContext: Arbitrary<Fields> = fields({
  runAsUser: maybe(22, userIds),
  runAsGroup: maybe(6, pick(0, 1000)),
  runAsNonRoot: maybe(20, bool),
  seccompProfile: maybe(15, seccompProfile),
  fsGroup: maybe(12, pick(2000, 0, 1000)),
  fsGroupChangePolicy: maybe(10, pick('Always', 'OnRootMismatch')),
  supplementalGroups: maybe(6, pick([3000], [3000, 65_536])),
  sysctls: maybe(
    22,
    someOf(
      40,
      pick<Fields>(
        { name: 'net.ipv4.ip_unprivileged_port_start', value: '80' },
        { name: 'net/ipv4/ip_unprivileged_port_start', value: '0' },
      ),
      pick<Fields>({ name: 'net.ipv4.tcp_syncookies', value: '1' }),
      pick<Fields>({ name: 'kernel.shm_rmid_forced', value: '1' }),
    ),
  ),
  windowsOptions: maybe(25, fields({ runAsUserName: maybe(85, windowsUsers) })),
  futureField: maybe(3, fc.constant({ a: { b: [] } })),
});

const cpu = pick<string | number>(
  '100m',
  '0',
  '0',
  '50m',
  '0.5',
  0.5,
  '1',
  '1500m',
  '2',
  '250000u',
  1,
  '1e3',
  '4',
);
const memory = pick<string | number>(
  '64Mi',
  '0',
  '0',
  '128974848',
  '1.5Gi',
  '1e3',
  '9E',
  '1G',
  '512Mi',
  '1Gi',
  '2Gi',
  '100500m',
  67108864,
);

/** Now and then none: no API server would take it, but a manifest may hold it. */
const odd = (quantity: Arbitrary<string | number>) =>
  fc.oneof({ weight: 150, arbitrary: quantity }, { weight: 1, arbitrary: pick('1 Gi', 'plenty') });

const amounts = fields({
  cpu: maybe(55, odd(cpu)),
  memory: maybe(55, odd(memory)),
  'ephemeral-storage': maybe(8, pick('1Gi', '100Mi')),
});

const special = pick<Fields>({ 'nvidia.com/gpu': '1' }, { 'hugepages-2Mi': '64Mi' });

/** Requests and limits in odd spellings; `special` goes into both, as the API server demands. */
const resources = fc
  .record({
    requests: maybe(55, amounts),
    limits: maybe(45, amounts),
    special: optional(8, special),
    claims: maybe(2, fc.constant([])),
  })
  .map(joinResources);

interface DrawnResources {
  readonly requests: unknown;
  readonly limits: unknown;
  readonly special: Fields | undefined;
  readonly claims: unknown;
}

function joinResources({ requests, limits, special: extra, claims }: DrawnResources): Fields {
  const isBare = requests === undefined && limits === undefined;
  return present({
    requests: mix(requests, extra),
    limits: isBare && extra !== undefined ? { ...extra, memory: '128Mi' } : mix(limits, extra),
    claims,
  });
}

function mix(list: unknown, extra: Fields | undefined): unknown {
  return list === undefined || extra === undefined
    ? list
    : { memory: '128Mi', ...(list as Fields | null), ...extra };
}

/** Resources of a pod as a whole: tight, roomy, half set. */
export const podResources: Arbitrary<Fields> = fields({
  requests: maybe(
    60,
    fields({
      cpu: maybe(70, pick<string | number>('4', '100m', 1)),
      memory: maybe(60, pick('2Gi', '128Mi', '64Gi')),
    }),
  ),
  limits: maybe(
    60,
    fields({ cpu: maybe(60, pick('4', '16')), memory: maybe(70, pick('256Mi', '2Gi', '64Gi')) }),
  ),
});

const port = fields({
  containerPort: pick(8080, 80, 443, 1023, 1024, 53, 22, 65535),
  protocol: optional(30, pick('TCP', 'UDP')),
  hostPort: optional(4, pick(8080, 80)),
});

/** Directories to mount on: ours, above, below and beside ours, in many spellings. */
const mountPaths = [
  '/data',
  '/tmp',
  '/tmp',
  '/tmp/',
  'tmp',
  '/',
  '/var',
  '/var/run',
  '/run',
  '/tmp/cache',
  '//tmp',
  '/var/../tmp',
  '/var/cache',
  '/etc/app',
  '/var/run/',
  '/var/cache/nginx',
  '/run/lock',
  '/var/lock',
  '/tmp/2',
  '/var/lib/x',
] as const;

const mount = fields({
  mountPath: pick(...mountPaths),
  pick: fc.nat(30),
  readOnly: maybe(35, bool),
  subPath: optional(8, pick('sub', 'a/b')),
});

const images = pick(
  'busybox',
  'nginx',
  'nginx:1.27',
  'docker.io/library/nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'redis:7',
  'postgres:17-alpine',
  'gitea/gitea:1',
  'bitnami/nginx',
  'coredns/coredns',
  'registry.example.com:5000/caddy',
  'registry.example.com:5000/team/app:v1',
  'ghcr.io/org/coredns:1.11@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
);

const probe = fc.constant({ httpGet: { path: '/healthz', port: 8080 } });

/** A container without its name, its mounts with a number each in place of a volume. */
export const rawContainer: Arbitrary<Fields> = fields({
  image: images,
  command: optional(
    12,
    pick(['sleep', 'infinity'], ['/tmp/cache/run.sh'], ['/bin/sh', '/tmp/x'], ['./run'], ['/var/../tmp/run']),
  ),
  workingDir: optional(8, pick('/tmp', '/srv', '/tmp/cache', '/var/run')),
  env: optional(8, fc.constant([{ name: 'A_B', value: 'x/y~z' }])),
  ports: maybe(35, fc.array(port, { maxLength: 2 })),
  resources: maybe(60, resources),
  securityContext: maybe(70, securityContext),
  volumeMounts: maybe(45, fc.array(mount, { maxLength: 3 })),
  livenessProbe: optional(5, probe),
  terminationMessagePolicy: optional(5, pick('FallbackToLogsOnError')),
  terminationMessagePath: optional(6, pick('/tmp', '/tmp/message', '/var/run/message', '/run/')),
  futureField: maybe(3, fc.constant({ list: [{ x: 1 }], 'a~b/c': true })),
});
