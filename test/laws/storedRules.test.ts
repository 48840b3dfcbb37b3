/** Each rule of the differential test finds the fault that it is there for, in a pod made by hand. */
import { describe, expect, it } from '@jest/globals';
import { type Container, labelKeys, type PodSpec, unknownNamespace } from '../../src/kubernetes.js';
import { brokenRules, type StoredPod, type StoredRuleName, storedRules } from './storedRules.js';

const app: Container = { name: 'app', image: 'app' };
const scratch = { name: 'podtemper-tmp', emptyDir: {} };
const tmp = { name: scratch.name, mountPath: '/tmp' };
const hostEtc = { name: 'etc', hostPath: { path: '/etc' } };
const etc = { name: 'etc', mountPath: '/host' };
const inside = { name: 'etc', mountPath: '/host/inside' };

const podOf = (spec: Partial<PodSpec>, qosClass = 'Burstable'): StoredPod => ({
  spec: { containers: [app], ...spec },
  status: { qosClass },
});
const running = (container: Partial<Container>, spec: Partial<PodSpec> = {}) =>
  podOf({ ...spec, containers: [{ ...app, ...container }] });
const secured = (securityContext: Container['securityContext'], spec: Partial<PodSpec> = {}) =>
  running({ ...(securityContext && { securityContext }) }, spec);

interface Fault {
  rule: StoredRuleName;
  name: string;
  without: StoredPod;
  with: StoredPod;
  mode?: string;
}

const faults: Fault[] = [
  {
    rule: 'overwritten explicitly',
    name: 'a field is another',
    without: secured({ runAsUser: 5 }),
    with: secured({ runAsUser: 1000 }),
  },
  {
    rule: 'overwritten explicitly',
    name: 'a field of a pod is gone',
    without: podOf({ hostname: 'a' }),
    with: podOf({}),
  },
  {
    rule: 'overwritten explicitly',
    name: 'a label is another',
    without: { ...podOf({}), metadata: { labels: { app: 'x' } } },
    with: { ...podOf({}), metadata: { labels: { app: 'y' } } },
  },
  {
    rule: 'overwritten in effect',
    name: 'the user that the pod has for all is another',
    without: podOf({ securityContext: { runAsUser: 5 } }),
    with: secured({ runAsUser: 1000 }, { securityContext: { runAsUser: 5 } }),
  },
  {
    rule: 'overwritten in effect',
    name: 'the profile that the pod has for all is another',
    without: podOf({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
    with: secured(
      { seccompProfile: { type: 'RuntimeDefault' } },
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
    ),
  },
  {
    rule: 'overwritten in effect',
    name: 'root that the pod allows is refused',
    without: podOf({ securityContext: { runAsNonRoot: false } }),
    with: secured({ runAsNonRoot: true }, { securityContext: { runAsNonRoot: false } }),
  },
  {
    rule: 'placed otherwise than it chose',
    name: 'a pod with its node gets a node selector',
    without: podOf({ nodeName: 'node-1' }),
    with: podOf({ nodeName: 'node-1', nodeSelector: { pool: 'shop' } }),
  },
  {
    rule: 'placed otherwise than it chose',
    name: 'a toleration ends earlier',
    without: podOf({ tolerations: [{ key: 'spot', operator: 'Exists' }] }),
    with: podOf({
      tolerations: [
        { key: 'spot', operator: 'Exists' },
        { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ],
    }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'root is not to be root',
    without: secured({ runAsUser: 0 }),
    with: secured({ runAsUser: 0, runAsNonRoot: true }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: "the image's user is not to be root",
    without: secured({}),
    with: secured({ runAsNonRoot: true }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a user namespace lacks the user',
    without: podOf({ hostUsers: false }),
    with: secured({ runAsNonRoot: true, runAsUser: 70_000 }, { hostUsers: false }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a user namespace lacks the group',
    without: podOf({ hostUsers: false }),
    with: podOf({ hostUsers: false, securityContext: { fsGroup: 70_000 } }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a user namespace lacks the users of a network file system',
    without: podOf({ volumes: [{ name: 'share', nfs: { server: 'a', path: '/' } }] }),
    with: podOf({ volumes: [{ name: 'share', nfs: { server: 'a', path: '/' } }], hostUsers: false }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a directory is read-only in which one must be made',
    without: running({ volumeMounts: [etc, inside] }, { volumes: [hostEtc] }),
    with: running({ volumeMounts: [{ ...etc, readOnly: true }, inside] }, { volumes: [hostEtc] }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'drop ALL undoes add ALL',
    without: secured({ capabilities: { add: ['all'] } }),
    with: secured({ capabilities: { add: ['all'], drop: ['ALL'] } }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a sysctl is set in both spellings',
    without: podOf({ securityContext: { sysctls: [{ name: 'net/a/b', value: '1' }] } }),
    with: podOf({
      securityContext: {
        sysctls: [
          { name: 'net/a/b', value: '1' },
          { name: 'net.a.b', value: '0' },
        ],
      },
    }),
  },
  {
    rule: 'that the kubelet would refuse',
    name: 'a limit of memory is too low to start with',
    without: running({}),
    with: running({ resources: { limits: { memory: '400' } } }),
  },
  {
    rule: 'with a mount over its own files',
    name: 'one directory is mounted twice under two spellings',
    without: running(
      { volumeMounts: [{ name: 'own', mountPath: '/tmp/' }] },
      { volumes: [{ name: 'own', emptyDir: {} }] },
    ),
    with: running(
      { volumeMounts: [{ name: 'own', mountPath: '/tmp/' }, tmp] },
      { volumes: [{ name: 'own', emptyDir: {} }, scratch] },
    ),
  },
  {
    rule: 'with a mount over its own files',
    name: 'the program is hidden',
    without: running({ command: ['/tmp/run'] }),
    with: running({ command: ['/tmp/run'], volumeMounts: [tmp] }, { volumes: [scratch] }),
  },
  {
    rule: 'with a mount over its own files',
    name: 'the termination message is mounted over',
    without: running({ terminationMessagePath: '/tmp' }),
    with: running({ terminationMessagePath: '/tmp', volumeMounts: [tmp] }, { volumes: [scratch] }),
  },
  {
    rule: 'with containers or volumes moved',
    name: 'a container comes before another',
    without: podOf({ containers: [app, { ...app, name: 'b' }] }),
    with: podOf({ containers: [{ ...app, name: 'b' }, app] }),
  },
  {
    rule: 'with containers or volumes moved',
    name: 'a volume is put in front',
    without: podOf({ volumes: [{ name: 'own', emptyDir: {} }] }),
    with: podOf({ volumes: [scratch, { name: 'own', emptyDir: {} }] }),
  },
  {
    rule: 'with a lower quality of service',
    name: 'a guaranteed pod is burstable',
    without: podOf({}, 'Guaranteed'),
    with: podOf({}, 'Burstable'),
  },
  {
    rule: 'changed where nothing is enforced',
    name: 'a pod is hardened in mode warn',
    without: secured({}),
    with: secured({ readOnlyRootFilesystem: true }),
    mode: 'warn',
  },
];

const factsIn = (mode: string) => ({ ...unknownNamespace('x'), labels: { [labelKeys.mode]: mode } });

describe.each(Object.keys(storedRules))('the rule for a pod %s', (name) => {
  it.each(faults.filter(({ rule }) => rule === name))('finds that $name', ({ rule, mode, ...pods }) => {
    const broken = brokenRules({ ...pods, facts: factsIn(mode ?? 'enforce') });
    expect(broken.map((found) => found.rule)).toContain(rule);
  });

  it('has a fault to find', () => {
    expect(faults.map(({ rule }) => rule)).toContain(name);
  });
});

it('nothing is wrong with a pod that is hardened as it should be', () => {
  const without = podOf({ volumes: [{ name: 'own', emptyDir: {} }] }, 'BestEffort');
  const hardened = running(
    {
      securityContext: { runAsNonRoot: true, runAsUser: 1000, capabilities: { drop: ['ALL'] } },
      volumeMounts: [tmp],
      resources: { limits: { memory: '1Gi' } },
    },
    { volumes: [{ name: 'own', emptyDir: {} }, scratch] },
  );
  expect(brokenRules({ without, with: hardened, facts: factsIn('enforce') })).toEqual([]);
});
