import { describe, expect, it } from '@jest/globals';
import { policiesOf } from '../admission/plans.js';
import { deploymentOf, itemsThat, rowsOf } from './rows.js';

/** A container that lacks nothing. */
const hard = {
  name: 'web',
  image: 'web:1',
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
};
const clean = { containers: [hard], automountServiceAccountToken: false };

const networkPolicy = (egress: unknown[], podSelector: object = {}) =>
  JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { podSelector, policyTypes: ['Egress'], egress },
  });
const dns = { ports: [{ protocol: 'UDP', port: 53 }] };
const outside = { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.1/32'] } }] };

/** By guide and item: what it is asked of, and whether it is content. */
const answers: readonly [guide: string, item: string, title: string, manifest: string, isOpen: boolean][] = [
  ['cloud', '1', 'no nodes named', deploymentOf(clean), true],
  ['cloud', '1', 'a node selector', deploymentOf({ ...clean, nodeSelector: { pool: 'web' } }), false],
  [
    'cloud',
    '1',
    'required node affinity',
    deploymentOf({
      ...clean,
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } },
      },
    }),
    false,
  ],
  ['cloud', '5', "the host's network", deploymentOf({ ...clean, hostNetwork: true }), true],
  ['cloud', '6', "another of the host's namespaces", deploymentOf({ ...clean, hostNetwork: true }), false],
  ['cloud', '8', "UTS with the host's network", deploymentOf({ ...clean, hostNetwork: true }), true],
  ['cloud', '16', 'no NetworkPolicy', deploymentOf(clean), true],
  [
    'cloud',
    '16',
    'a service account of its own',
    deploymentOf({ ...clean, serviceAccountName: 'web' }),
    false,
  ],
  ['cloud', '16', 'a policy that denies all', `${deploymentOf(clean)}\n${networkPolicy([])}`, false],
  [
    'cloud',
    '16',
    'a policy for DNS and the world but the API server',
    `${deploymentOf(clean)}\n${networkPolicy([dns, outside])}`,
    false,
  ],
  ['cloud', '16', 'a policy that opens all', `${deploymentOf(clean)}\n${networkPolicy([{}])}`, true],
  [
    'cloud',
    '16',
    'a policy with a block without exceptions',
    `${deploymentOf(clean)}\n${networkPolicy([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])}`,
    true,
  ],
  [
    'cloud',
    '16',
    'a policy for a range of ports with 6443',
    `${deploymentOf(clean)}\n${networkPolicy([{ ports: [{ port: 6000, endPort: 7000 }] }])}`,
    true,
  ],
  [
    'cloud',
    '16',
    'a policy for other pods',
    `${deploymentOf(clean)}\n${networkPolicy([], { matchLabels: { app: 'other' } })}`,
    true,
  ],
  [
    'cloud',
    '16',
    'a policy for pods by expression',
    `${deploymentOf(clean)}\n${networkPolicy([], {
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web'] },
        { key: 'app', operator: 'Exists' },
        { key: 'app', operator: 'NotIn', values: ['db'] },
        { key: 'tier', operator: 'DoesNotExist' },
      ],
    })}`,
    false,
  ],
  [
    'nsa-cisa',
    '2',
    "root's group for a container",
    deploymentOf({ containers: [{ ...hard, securityContext: { ...hard.securityContext, runAsGroup: 0 } }] }),
    true,
  ],
  [
    'nsa-cisa',
    '2',
    "root's group besides",
    deploymentOf({ ...clean, securityContext: { supplementalGroups: [5, 0] } }),
    true,
  ],
  [
    'nsa-cisa',
    '2',
    'another group',
    deploymentOf({ ...clean, securityContext: { runAsGroup: 5, fsGroup: 5 } }),
    false,
  ],
  ['nsa-cisa', '10', 'no token', deploymentOf(clean), false],
  ['nsa-cisa', '10', 'a token', deploymentOf({ containers: [hard] }), true],
  [
    'nsa-cisa',
    '12',
    'AppArmor off',
    deploymentOf({ ...clean, securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
    true,
  ],
  ['nsa-cisa', '12', 'AppArmor unset', deploymentOf(clean), false],
  [
    'cis',
    '5.2.8',
    'NET_RAW back by name',
    deploymentOf({
      containers: [
        {
          ...hard,
          securityContext: { ...hard.securityContext, capabilities: { drop: ['ALL'], add: ['CAP_NET_RAW'] } },
        },
      ],
    }),
    true,
  ],
  [
    'cis',
    '5.2.9',
    'a capability added',
    deploymentOf({
      containers: [
        {
          ...hard,
          securityContext: { ...hard.securityContext, capabilities: { drop: ['ALL'], add: ['CHOWN'] } },
        },
      ],
    }),
    true,
  ],
  [
    'cis',
    '5.2.9',
    'NET_BIND_SERVICE added',
    deploymentOf({
      containers: [
        {
          ...hard,
          securityContext: {
            ...hard.securityContext,
            capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
          },
        },
      ],
    }),
    false,
  ],
  [
    'cis',
    '5.2.11',
    'a process of a Windows node',
    deploymentOf({
      ...clean,
      os: { name: 'windows' },
      hostNetwork: true,
      securityContext: { windowsOptions: { hostProcess: true } },
    }),
    true,
  ],
  ['cis', '5.2.11', 'none', deploymentOf(clean), false],
  [
    'cis',
    '5.2.12',
    'any directory of the host',
    deploymentOf({ ...clean, volumes: [{ name: 'data', hostPath: { path: '/data' } }] }),
    true,
  ],
  [
    'cis',
    '5.2.12',
    'an empty volume',
    deploymentOf({ ...clean, volumes: [{ name: 'data', emptyDir: {} }] }),
    false,
  ],
  ['cis', '5.3.2', 'a policy for it', `${deploymentOf(clean)}\n${networkPolicy([])}`, false],
  ['cis', '5.3.2', 'none', deploymentOf(clean), true],
  [
    'cis',
    '5.4.1',
    'a Secret as a variable',
    deploymentOf({
      containers: [
        {
          ...hard,
          env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
        },
      ],
    }),
    true,
  ],
  [
    'cis',
    '5.4.1',
    'a Secret as all variables',
    deploymentOf({ containers: [{ ...hard, envFrom: [{ secretRef: { name: 'db' } }] }] }),
    true,
  ],
  [
    'cis',
    '5.4.1',
    'variables of a ConfigMap',
    deploymentOf({
      containers: [
        { ...hard, env: [{ name: 'A', value: 'b' }], envFrom: [{ configMapRef: { name: 'db' } }] },
      ],
    }),
    false,
  ],
  ['cis', '5.7.4', 'the namespace default', deploymentOf(clean, { namespace: 'default' }), true],
  ['cis', '5.7.4', 'a namespace', deploymentOf(clean), false],
];

describe('an item is open or not', () => {
  it.each(answers)('%s %s: %s', (guide, item, _title, manifest, isOpen) => {
    const row = rowsOf(manifest, guide).find(({ item: { id } }) => id === item);
    expect(row?.verdict === 'open').toBe(isOpen);
    expect(row?.verdict).not.toBe('outside');
  });
});

describe('what a checklist goes by', () => {
  const bare = deploymentOf({});

  it('is what the guide asks, whatever the policy leaves out, and the reason is said', () => {
    const policies = policiesOf({ controls: { readOnlyRootFilesystem: { mode: 'off' } } });
    expect(itemsThat('open', bare, 'cloud', { policies })).toEqual(['1', '15', '16']);
    const row = rowsOf(bare, 'cloud', { policies }).find(({ item }) => item.id === '15');
    expect(row?.places[0]?.reason).toBe('the policy does not run readOnlyRootFilesystem');
  });

  it('is what is done to the pod: in mode audit nothing is', () => {
    const policies = policiesOf();
    const open = itemsThat('open', bare, 'cloud', { policies, mode: 'audit' });
    expect(open).toEqual(['1', '2', '10', '12', '13', '14', '15', '16']);
    const row = rowsOf(bare, 'cloud', { policies, mode: 'audit' }).find(({ item }) => item.id === '14');
    expect(row?.places[0]?.reason).toBe('seccompProfile sets it in mode enforce, and this one is audit');
  });

  it('is closed by controls that a policy switches on', () => {
    const policies = policiesOf({
      controls: {
        scheduling: { mode: 'enforce', nodeSelector: { pool: 'web' } },
        serviceAccountToken: { mode: 'enforce' },
      },
    });
    expect(itemsThat('hardened', bare, 'cloud', { policies })).toContain('1');
    expect(itemsThat('hardened', bare, 'nsa-cisa', { policies })).toContain('10');
  });

  it('says why a field was left as it is', () => {
    const root = deploymentOf({
      containers: [{ name: 'web', image: 'web:1', securityContext: { runAsUser: 0 } }],
    });
    const row = rowsOf(root, 'cloud').find(({ item }) => item.id === '10');
    expect(row?.places).toEqual([
      {
        targets: ['containers/web'],
        field: 'spec.containers[0].securityContext.runAsUser',
        found: '0',
        write: 'securityContext.runAsUser: <a user ID above 0>, or leave it out',
        reason: 'runAsUser is explicitly 0, and runAsNonRoot would only keep the container from starting',
      },
    ]);
  });

  it('counts pod-level resources and an image that the platform vouches for', () => {
    const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
    const trusted = { ...hard, resources: {}, securityContext: { runAsNonRoot: true } };
    const open = itemsThat('open', deploymentOf({ containers: [trusted], resources }), 'cloud');
    expect(open).not.toContain('2');
    expect(open).not.toContain('10');
  });
});
