import fc, { type Arbitrary } from 'fast-check';
import { tokenSource } from './serverToken.js';
import { type Fields, fields, maybe, optional, pick, someOf } from './arbitraries.js';

const modes = pick(0o400, 0o420, 0o440, 0o444, 0o644, 0o600, 0o755);

function named(name: string, source: Arbitrary<Fields>): Arbitrary<Fields> {
  return source.map((fieldsOfSource) => ({ name, ...fieldsOfSource }));
}

const item = fields({ key: fc.constant('k'), path: fc.constant('k'), mode: maybe(50, modes) });
const files = {
  defaultMode: maybe(60, modes),
  items: maybe(25, fc.tuple(item)),
  optional: optional(50, fc.constant(true)),
};
const secret = fields({ secretName: fc.constant('credentials'), ...files });
const configMap = fields({ name: fc.constant('settings'), ...files });

const projected = fields({
  defaultMode: maybe(40, modes),
  sources: maybe(
    90,
    someOf<Fields>(
      50,
      fields({ secret: fields({ name: fc.constant('credentials'), items: maybe(50, fc.tuple(item)) }) }),
      fields({ configMap: fields({ name: fc.constant('settings'), items: maybe(50, fc.tuple(item)) }) }),
      fc.constant({ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }),
    ),
  ),
});

const claimTemplate = {
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

/** Sources for volumes that carry a name of ours: someone else's, or to the letter what we would write. */
const likeOurs = pick<Fields>(
  { emptyDir: { sizeLimit: '1Gi' } },
  { configMap: { name: 'settings' } },
  { emptyDir: {} },
  { emptyDir: { sizeLimit: '1024Mi' } },
  { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
  { persistentVolumeClaim: { claimName: 'data' } },
);

/** The one volume that containers use as a block device. */
export const blockVolume = 'block';

/** A pod's volumes: most kinds that there are, names of ours among them. */
export const rawVolumes: Arbitrary<Fields[]> = someOf(
  18,
  named(
    'scratch',
    pick<Fields>({ emptyDir: {} }, { emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }, { emptyDir: null }),
  ),
  named(
    'data',
    fields({
      persistentVolumeClaim: fields({ claimName: fc.constant('data'), readOnly: maybe(25, fc.boolean()) }),
    }),
  ),
  named(blockVolume, pick<Fields>({ persistentVolumeClaim: { claimName: 'raw' } })),
  named('secret', fields({ secret })),
  named('config', fields({ configMap })),
  named(
    'csi',
    fields({ csi: fields({ driver: fc.constant('inline.example.com'), readOnly: maybe(30, fc.boolean()) }) }),
  ),
  named('claim', fc.constant({ ephemeral: { volumeClaimTemplate: claimTemplate } })),
  named('projected', fields({ projected })),
  named(
    'host',
    pick<Fields>({ hostPath: { path: '/var/log' } }, { hostPath: { path: '/', type: 'Directory' } }),
  ),
  named('etc', pick<Fields>({ hostPath: { path: '/etc/' } })),
  named('usr', pick<Fields>({ hostPath: { path: '//usr/lib', type: 'Directory' } })),
  named('boot', pick<Fields>({ hostPath: { path: '/boot' } })),
  named('lib', pick<Fields>({ hostPath: { path: '//lib/' } })),
  named('sys', pick<Fields>({ hostPath: { path: '/sys', type: 'DirectoryOrCreate' } })),
  named(
    'share',
    optional(40, fc.constant({ nfs: { server: 'nfs.example.com', path: '/' } })).map((nfs) => nfs ?? {}),
  ),
  named(
    'kube-api-access-abcde',
    pick<Fields>(tokenSource, tokenSource, { emptyDir: {} }, { projected: { sources: [] } }),
  ),
  named('podtemper-tmp', likeOurs),
  named('podtemper-tmp-2', likeOurs),
  named('podtemper-run', likeOurs),
  named('podtemper-var-cache', likeOurs),
  named('x'.repeat(63), fc.constant({ emptyDir: {} })),
);
