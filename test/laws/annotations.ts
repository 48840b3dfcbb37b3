import fc, { type Arbitrary } from 'fast-check';
import { annotationKeys } from '../../src/kubernetes.js';
import { type Fields, fields, maybe, optional, pick } from './arbitraries.js';
import { annotationBytes, maxAnnotationBytes } from './validity.js';

const seccompValues = pick(
  'runtime/default',
  'docker/default',
  'unconfined',
  'localhost/profiles/x.json',
  'localhost/y',
);

const appArmorValues = pick('runtime/default', 'unconfined', 'localhost/k8s-x');

const optOuts = pick(
  'runAsNonRoot',
  'all',
  'capabilities, seccompProfile',
  'readOnlyRootFilesystem,resources',
  'runAsNonroot',
  'fsGroup,,all',
  '',
  'unprivilegedPorts',
  'allowPrivilegeEscalation',
  'serviceAccountToken,hostUsers',
  'scheduling,hostPathReadOnly',
);

const writablePaths = pick(
  '/var/cache',
  '/run',
  '/var/run,/run',
  'relative',
  '/',
  '/proc/self',
  '/tmp/2',
  '/var/cache/nginx, /var/run',
  '/a-b,/a/b',
  '/var/../run',
  '/Tmp',
  `/${'deep/'.repeat(20)}x`,
  '/with:colon',
  '',
  '/tmp/cache',
);

const ours = {
  [annotationKeys.optOut]: optional(25, optOuts),
  [annotationKeys.optOutReason]: optional(40, pick('legacy', 'as agreed', ' ')),
  [annotationKeys.optOutUntil]: optional(35, pick('2999-12-31', '2020-01-01', 'soon', '2027-02-31')),
  [annotationKeys.writablePaths]: optional(15, writablePaths),
  [annotationKeys.runAsUser]: optional(
    12,
    pick('101', '0', 'www', ' 65534 ', '-1', '70000', '2147483648', ''),
  ),
  [annotationKeys.hardened]: optional(
    6,
    pick('default: capabilities', 'default: runAsNonRoot,seccompProfile', 'nonsense', 'old: made.up'),
  ),
  'podtemper.io/optout': optional(3, fc.constant('all')),
};

/** How many bytes an annotation leaves of the 256 KiB that all may have, or undefined for no such annotation. */
const room = optional(4, fc.nat(140));

/** Pod annotations, our own and legacy seccomp ones among them. `app` and `setup` are names of containers. */
const annotations: Arbitrary<Fields> = fc
  .tuple(
    fields({
      'seccomp.security.alpha.kubernetes.io/pod': optional(10, seccompValues),
      'container.seccomp.security.alpha.kubernetes.io/app': optional(10, seccompValues),
      'container.seccomp.security.alpha.kubernetes.io/setup': optional(4, seccompValues),
      'container.apparmor.security.beta.kubernetes.io/app': optional(4, appArmorValues),
      'example.com/a~b': optional(5, fc.constant('x/y~z')),
      'openshift.io/scc': optional(20, fc.constant('anyuid')),
      'kubernetes.io/config.mirror': optional(2, fc.constant('0123')),
      ...ours,
    }),
    room,
    fc.boolean(),
  )
  .map(fill);

/** With an annotation that leaves that many bytes, of letters of one byte or two. */
function fill([own, left, wide]: [Fields, number | undefined, boolean]): Fields {
  if (left === undefined) return own;
  const key = 'example.com/blob';
  const used = annotationBytes(own as Record<string, string>) + key.length;
  const bytes = Math.max(0, maxAnnotationBytes - left - used);
  return { ...own, [key]: wide ? 'é'.repeat(Math.floor(bytes / 2)) : 'x'.repeat(bytes) };
}

const owner = (kind: string) => [{ apiVersion: 'apps/v1', kind, name: 'pod', uid: '0', controller: true }];

/** Metadata of a pod or a pod template: annotations absent, null, empty or full. */
export const rawMetadata: Arbitrary<Fields> = fields({
  name: optional(50, fc.constant('pod')),
  generateName: optional(20, fc.constant('pod-')),
  ownerReferences: optional(15, pick(owner('ReplicaSet'), owner('ReplicaSet'), owner('DaemonSet'), [])),
  labels: maybe(40, pick({ app: 'x' }, { app: 'x' }, { tier: 'front' })),
  annotations: maybe(60, annotations),
});
