import fc, { type Arbitrary } from 'fast-check';
import type { Fields } from '../laws/arbitraries.js';

const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
const secretRef = { name: 'credentials' };

/** One source of each kind that the API has, as short as the API server takes it. */
const sources: Readonly<Record<string, object>> = {
  configMap: { name: 'settings' },
  csi: { driver: 'inline.example.com' },
  downwardAPI: {},
  emptyDir: {},
  ephemeral: { volumeClaimTemplate: claim },
  image: { reference: 'registry.example.com/data:1' },
  persistentVolumeClaim: { claimName: 'data' },
  projected: { sources: [] },
  secret: { secretName: 'credentials' },
  awsElasticBlockStore: { volumeID: 'v' },
  azureDisk: { diskName: 'd', diskURI: 'https://example.com/d.vhd' },
  azureFile: { secretName: 's', shareName: 'n' },
  cephfs: { monitors: ['m'] },
  cinder: { volumeID: 'v' },
  fc: { targetWWNs: ['50060e801049cfd1'], lun: 0 },
  flexVolume: { driver: 'example.com/driver' },
  flocker: { datasetName: 'd' },
  gcePersistentDisk: { pdName: 'p' },
  gitRepo: { repository: 'https://example.com/r.git' },
  glusterfs: { endpoints: 'e', path: 'p' },
  hostPath: { path: '/var/log' },
  iscsi: { targetPortal: '192.0.2.1:3260', iqn: 'iqn.2001-04.com.example:storage', lun: 0 },
  nfs: { server: 'nfs.example.com', path: '/' },
  photonPersistentDisk: { pdID: 'p' },
  portworxVolume: { volumeID: 'v' },
  quobyte: { registry: 'example.com:7861', volume: 'v' },
  rbd: { monitors: ['m'], image: 'i' },
  scaleIO: { gateway: 'https://example.com', system: 's', secretRef, volumeName: 'v' },
  storageos: { volumeName: 'v' },
  vsphereVolume: { volumePath: '[datastore] volume' },
};

/** A volume of each kind, and one that says nothing of its kind. */
export const volumeSources: readonly Arbitrary<Fields>[] = [
  ...Object.entries(sources).map(([kind, source]) =>
    fc.constant({ name: `a-${kind.toLowerCase()}`, [kind]: source }),
  ),
  fc.constant<Fields>({ name: 'unsaid' }),
];
