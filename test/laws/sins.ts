import type { Arbitrary } from 'fast-check';
import type { Pod } from '../../src/kubernetes.js';
import { type Fields, optional, pick } from './arbitraries.js';

/** What no patch can mend: added to a pod as a whole, and to its first container. */
interface Sin {
  readonly spec?: Fields;
  readonly container?: Fields;
}

const hostVolume = (path: string, mount?: Fields): Sin => ({
  spec: { volumes: [{ name: 'sin', hostPath: { path } }] },
  ...(mount && { container: { volumeMounts: [{ name: 'sin', mountPath: '/sin', ...mount }] } }),
});

const tokenOf = (audience?: string): Sin => ({
  spec: {
    volumes: [
      {
        name: 'sin',
        projected: { sources: [{ serviceAccountToken: { path: 'token', ...(audience && { audience }) } }] },
      },
    ],
  },
});

/** At least one for each finding of each advisory control, and some that only look like it. */
const sins: readonly Sin[] = [
  hostVolume('/etc', {}),
  hostVolume('/usr/share', { readOnly: true }),
  hostVolume('//proc/'),
  hostVolume('/', { subPath: 'var/log' }),
  hostVolume('/var/run/docker.sock', {}),
  hostVolume('/run', { readOnly: true }),
  hostVolume('/data/docker.sock.bak', {}),
  { spec: { hostPID: true } },
  { spec: { hostIPC: true } },
  { container: { ports: [{ containerPort: 9999, hostPort: 9999 }] } },
  { container: { ports: [{ containerPort: 22 }] } },
  { container: { command: ['sh', '-c', 'service ssh start && exec app'] } },
  { container: { command: ['sh', '-c', 'exec ssh -N bastion'] } },
  { container: { image: 'panubo/sshd:1' } },
  tokenOf(),
  tokenOf('vault'),
  { container: { env: [{ name: 'API', value: 'https://kubernetes.default.svc' }] } },
  { spec: { hostAliases: [{ ip: '10.0.0.1', hostnames: ['kubernetes.default.svc'] }] } },
];

/** Now and then something that an advisory control is to find. */
export const sin: Arbitrary<Sin | undefined> = optional(40, pick(...sins));

/** The pod with it, beside what it has. */
export function withSin(pod: Pod, { spec = {}, container = {} }: Sin = {}): Pod {
  const [first, ...others] = pod.spec.containers;
  const containers = [joined({ ...first }, container), ...others];
  return { ...pod, spec: joined({ ...pod.spec, containers }, spec) as unknown as Pod['spec'] };
}

/** Lists are joined, all else takes the place of what is there. */
function joined(target: Fields, more: Fields): Fields {
  const added = Object.entries(more).map(([key, value]) => {
    const present = target[key];
    const isJoined = key !== 'command' && Array.isArray(value) && Array.isArray(present);
    return [key, isJoined ? [...(present as unknown[]), ...(value as unknown[])] : value] as const;
  });
  return { ...target, ...Object.fromEntries(added) };
}
