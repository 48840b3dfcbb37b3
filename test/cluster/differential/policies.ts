import { mutatingControlIds } from '../../../src/policy/catalogue.js';
import { policyNamed } from '../barePod.js';

const zones = { topologyKey: 'topology.kubernetes.io/zone', podLabels: ['app'] };

/** Knows something of each image that the generated pods have, so that each control comes to all it can say. */
export const thorough = policyNamed('thorough', {
  controls: {
    readOnlyRootFilesystem: { mode: 'enforce', writablePaths: ['/tmp', '/var/run', '/run/lock'] },
    seccompProfile: { mode: 'warn' },
    allowPrivilegeEscalation: { mode: 'audit' },
    serviceAccountToken: { mode: 'enforce' },
    hostUsers: { mode: 'enforce' },
    hostPathReadOnly: { mode: 'enforce' },
    scheduling: {
      mode: 'enforce',
      nodeSelector: { 'example.com/pool': 'shop' },
      topologySpreadConstraints: [zones],
    },
  },
  images: [
    { match: 'redis', cannot: mutatingControlIds },
    {
      match: 'ghcr.io/org/coredns',
      runAsUser: 101,
      fsGroup: 100_000,
      keepCapabilities: ['NET_BIND_SERVICE'],
      writablePaths: ['/var/cache', '/data'],
      neverMount: ['/run/lock/keep'],
    },
    { match: 'busybox', fsGroup: 100_000 },
    { match: 'nginx', runAsUser: 100_000, writablePaths: ['/var/cache/nginx'] },
  ],
});

/** Grants no opt-out without a reason and an end, and spreads pods without a word of nodes. */
export const careful = policyNamed('careful', {
  controls: {
    serviceAccountToken: { mode: 'enforce' },
    scheduling: { mode: 'enforce', topologySpreadConstraints: [zones] },
  },
  optOut: { allowed: true, requireReason: true, requireExpiry: true },
});

/** Leaves all to the controls that are off by default. */
export const placing = policyNamed('placing', {
  controls: {
    ...Object.fromEntries(mutatingControlIds.map((id) => [id, { mode: 'off' }])),
    serviceAccountToken: { mode: 'enforce' },
    hostUsers: { mode: 'enforce' },
    hostPathReadOnly: { mode: 'enforce' },
    scheduling: {
      mode: 'enforce',
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'example.com/pool', operator: 'In', values: ['shop', 'spare'] }] },
          ],
        },
      },
      tolerations: [
        { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
        { key: 'example.com/pool', value: 'shop' },
      ],
    },
  },
});

/** The policy where it takes hardened pods only, and denies nothing: then the validating webhook has no reason to refuse
 *  any pod at all. */
export function demandHardened({ metadata, spec }: ReturnType<typeof policyNamed>) {
  const { controls = {} } = spec as { controls?: Record<string, { mode?: string }> };
  const undenied = Object.entries(controls).map(([id, settings]) => {
    const mode = settings.mode === 'deny' ? { mode: 'warn' } : {};
    return [id, { ...settings, ...mode }];
  });
  const all = { ...spec, controls: Object.fromEntries(undenied), requireHardened: true };
  return policyNamed(metadata.name, all);
}
