import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { controls } from '../../src/controls/index.js';
import { controlIds } from '../../src/policy/catalogue.js';
import { builtInDocument, compilePolicies } from '../../src/policy/policy.js';
import { policyJsonSchema, policySchema } from '../../src/policy/schema.js';
import { documentWith, parseSpec } from './documents.js';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const validate = ajv.compile(policyJsonSchema());
const zodAccepts = (document: unknown) => policySchema.safeParse(document).success;

describe('defaults', () => {
  it('fill in the built-in policy', () => {
    expect(builtInDocument()).toEqual({
      apiVersion: 'podtemper.io/v1alpha1',
      kind: 'HardeningPolicy',
      metadata: { name: 'default' },
      spec: {
        controls: {
          allowPrivilegeEscalation: { mode: 'enforce' },
          capabilities: { mode: 'enforce' },
          dangerousCapabilities: { mode: 'warn', allowed: [] },
          fsGroup: { mode: 'enforce' },
          hostNamespaces: { mode: 'warn', allowed: [] },
          hostPath: { mode: 'warn', moreDirectories: [], allowedPrefixes: [], readOnlyFiles: false },
          hostPathReadOnly: { mode: 'off' },
          hostPorts: { mode: 'warn', allowed: [] },
          hostUsers: { mode: 'off' },
          managementPlane: { mode: 'audit', addresses: [] },
          privileged: { mode: 'warn' },
          readOnlyRootFilesystem: { mode: 'enforce', writablePaths: ['/tmp'], sizeLimit: '1Gi' },
          resources: {
            mode: 'enforce',
            requests: { cpu: '50m', memory: '64Mi' },
            limits: { cpu: '1', memory: '1Gi' },
          },
          runAsNonRoot: { mode: 'enforce', runAsUser: 1000 },
          runtimeSocket: { mode: 'warn', moreSockets: [] },
          scheduling: { mode: 'off', nodeSelector: {}, tolerations: [], topologySpreadConstraints: [] },
          seccompProfile: { mode: 'enforce' },
          serviceAccountToken: { mode: 'off' },
          sshd: { mode: 'warn', images: true, ports: [22] },
          unprivilegedPorts: { mode: 'enforce' },
        },
        images: [],
        imageCatalogue: { enabled: true, mirrors: [] },
        optOut: { allowed: true, requireReason: false, requireExpiry: false },
        ephemeralContainers: { mode: 'off' },
        requireHardened: false,
      },
    });
  });

  it('fill in what a document leaves out, and nothing that it says', () => {
    const { spec } = parseSpec({
      controls: { runAsNonRoot: { mode: 'audit' }, resources: { limits: { memory: '2Gi' } } },
      images: [{ match: 'nginx', runAsUser: 101 }],
      optOut: { requireReason: true },
    });
    expect(spec.controls['runAsNonRoot']).toEqual({ mode: 'audit', runAsUser: 1000 });
    expect(spec.controls['resources']).toEqual({
      mode: 'enforce',
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { memory: '2Gi' },
    });
    expect(spec.controls['seccompProfile']).toEqual({ mode: 'enforce' });
    expect(spec.images).toEqual([{ match: 'nginx', runAsUser: 101 }]);
    expect(spec.optOut).toEqual({ allowed: true, requireReason: true, requireExpiry: false });
  });

  it('stay the same when they are read again', () => {
    expect(policySchema.parse(builtInDocument())).toEqual(builtInDocument());
  });

  it('give each control the mode that it declares', () => {
    const { spec } = builtInDocument();
    for (const { id, defaultMode } of controls) expect(spec.controls[id]?.mode).toBe(defaultMode);
  });
});

describe('numbers as quantities', () => {
  it('are read as they stand', () => {
    const { spec } = parseSpec({ controls: { resources: { requests: { cpu: 0.25 }, limits: { cpu: 2 } } } });
    expect(spec.controls['resources']).toMatchObject({ requests: { cpu: '0.25' }, limits: { cpu: '2' } });
  });
});

describe('compilePolicies', () => {
  it('puts the built-in default where no document has that name', () => {
    expect([...compilePolicies([parseSpec({}, 'strict')]).keys()].toSorted()).toEqual(['default', 'strict']);
    expect([...compilePolicies([]).keys()]).toEqual(['default']);
  });

  it('lets a document take the place of the built-in default', () => {
    const policies = compilePolicies([parseSpec({ controls: { fsGroup: { mode: 'off' } } })]);
    const fsGroup = policies.get('default')?.controls.find(({ id }) => id === 'fsGroup');
    expect(policies.size).toBe(1);
    expect(fsGroup?.mode).toBe('off');
  });
});

describe('the JSON Schema', () => {
  it('knows every control, with a sentence each', () => {
    const read = (value: unknown, key: string) => (value as Record<string, unknown>)[key];
    const spec = read(read(policyJsonSchema(), 'properties'), 'spec');
    const known = read(read(read(spec, 'properties'), 'controls'), 'properties') as Record<string, unknown>;
    expect(Object.keys(known).toSorted()).toEqual([...controlIds].toSorted());
    for (const { id, docs } of controls) expect(read(known[id], 'description')).toBe(docs.summary);
  });

  const valid: readonly unknown[] = [
    { apiVersion: 'podtemper.io/v1alpha1', kind: 'HardeningPolicy', metadata: { name: 'a' } },
    documentWith({}),
    documentWith({ controls: {}, images: [], optOut: {}, ephemeralContainers: {} }),
    documentWith({ ephemeralContainers: { mode: 'warn' } }),
    documentWith({ controls: Object.fromEntries(controlIds.map((id) => [id, { mode: 'audit' }])) }),
    documentWith({ controls: { runAsNonRoot: { runAsUser: 2_147_483_647 } } }),
    documentWith({
      controls: { resources: { requests: { cpu: 0.5 }, limits: { cpu: '1', memory: '1Gi' } } },
    }),
    documentWith({ controls: { readOnlyRootFilesystem: { writablePaths: ['/a', '/b'], sizeLimit: '10M' } } }),
    documentWith({
      images: [
        {
          match: '**/nginx',
          tags: ['1.*'],
          runAsUser: 101,
          fsGroup: 101,
          writablePaths: ['/run'],
          dataPaths: ['/data'],
          lowPorts: [80],
          stepsDown: true,
          neverMount: ['/etc'],
          keepCapabilities: ['NET_BIND_SERVICE'],
          cannot: ['fsGroup'],
          advice: 'none',
        },
      ],
    }),
    documentWith({
      imageCatalogue: {
        enabled: false,
        mirrors: ['registry.example.com/mirror', 'localhost/copies', 'registry:5000', 'mirror.gcr.io'],
      },
    }),
    builtInDocument(),
  ];

  it.each(valid.map((document) => [JSON.stringify(document).slice(0, 200), document] as const))(
    'accepts what the loader accepts: %s',
    (_text, document) => {
      expect(zodAccepts(document)).toBe(true);
      expect(validate(document)).toBe(true);
    },
  );

  const invalid: readonly unknown[] = [
    null,
    [],
    {},
    { ...documentWith({}), apiVersion: 'v1' },
    { ...documentWith({}), kind: 'Policy' },
    { ...documentWith({}), extra: 1 },
    documentWith({}, 'Upper'),
    documentWith({}, ''),
    documentWith({}, '-a'),
    documentWith({}, 'a'.repeat(64)),
    documentWith(null),
    documentWith({ control: {} }),
    documentWith({ controls: { unknown: {} } }),
    documentWith({ controls: { runAsNonRoot: { mode: 'on' } } }),
    documentWith({ controls: { runAsNonRoot: { runAsUser: 0 } } }),
    documentWith({ controls: { runAsNonRoot: { runAsUser: 1.5 } } }),
    documentWith({ controls: { runAsNonRoot: { runAsUser: 2_147_483_648 } } }),
    documentWith({ controls: { runAsNonRoot: { runAsUser: '1' } } }),
    documentWith({ controls: { capabilities: { drop: ['ALL'] } } }),
    documentWith({ controls: { readOnlyRootFilesystem: { writablePaths: '/tmp' } } }),
    documentWith({ controls: { readOnlyRootFilesystem: { sizeLimit: 1 } } }),
    documentWith({ controls: { resources: { requests: { disk: '1' } } } }),
    documentWith({ controls: { resources: { requests: { cpu: true } } } }),
    documentWith({ images: [{}] }),
    documentWith({ images: [{ match: '' }] }),
    documentWith({ images: [{ match: 'a', keepCapabilities: ['SYS_ADMIN'] }] }),
    documentWith({ images: [{ match: 'a', cannot: ['all'] }] }),
    documentWith({ images: [{ match: 'a', neverMount: ['etc'] }] }),
    documentWith({ images: [{ match: 'a', writablePaths: ['run'] }] }),
    documentWith({ controls: { readOnlyRootFilesystem: { writablePaths: ['/a:b'] } } }),
    documentWith({ images: [{ match: 'a', lowPorts: [1024] }] }),
    documentWith({ images: [{ match: 'a', dataPaths: ['data'] }] }),
    documentWith({ imageCatalogue: false }),
    ...['mirror', 'example.com/', 'https://example.com', 'example.com/a:1', '', 'Example.com/a'].map(
      (mirror) => documentWith({ imageCatalogue: { mirrors: [mirror] } }),
    ),
    documentWith({ optOut: { allowed: 'yes' } }),
    documentWith({ requireHardened: 'yes' }),
    documentWith({ ephemeralContainers: { mode: true } }),
    documentWith({ ephemeralContainers: { controls: ['capabilities'] } }),
  ];

  it.each(invalid.map((document) => [JSON.stringify(document).slice(0, 200), document] as const))(
    'refuses what the loader refuses: %s',
    (_text, document) => {
      expect(zodAccepts(document)).toBe(false);
      expect(validate(document)).toBe(false);
    },
  );
});
