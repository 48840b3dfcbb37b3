import fc, { type Arbitrary } from 'fast-check';
import type { ControlId } from '../../src/controls/index.js';
import { controlIds, controlOf, mutatingControlIds } from '../../src/policy/catalogue.js';
import { type PolicyDocument, policySchema } from '../../src/policy/schema.js';
import { type Fields, fields, optional, pick, someOf } from './arbitraries.js';

const mode = pick('enforce', 'enforce', 'enforce', 'enforce', 'warn', 'audit', 'off');

/** Nothing is enforced of a control that only finds. */
const modeOf = (id: ControlId) =>
  mutatingControlIds.includes(id) ? mode : pick('warn', 'warn', 'deny', 'audit', 'off');

const pool = { key: 'example.com/pool', operator: 'In', values: ['shop', 'spare'] };
const spot = { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 };

/** Options of the controls that have some. */
const options: Readonly<Record<string, Readonly<Record<string, Arbitrary<unknown>>>>> = {
  runAsNonRoot: { runAsUser: optional(25, pick(1337, 65534, 70_000)) },
  readOnlyRootFilesystem: {
    writablePaths: optional(
      35,
      pick(
        ['/tmp', '/var/run'],
        [],
        ['/run', '/var/run'],
        ['/tmp/', '/tmp'],
        ['/tmp', '/tmp/2'],
        ['/tmp', '/tmp/cache'],
        ['/var/lock', '/Run'],
        ['/var/cache', '/var/lib', '/run/lock'],
      ),
    ),
    sizeLimit: optional(25, pick('512Mi', '1024Mi', '0', '0.5Gi', '1000M', '1e9')),
  },
  scheduling: {
    nodeSelector: optional(50, pick({ 'example.com/pool': 'shop' }, { disk: 'ssd', 'a.b/c': '' })),
    nodeAffinity: optional(
      35,
      pick({
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [pool] }] },
      }),
    ),
    tolerations: optional(
      50,
      pick(
        [spot],
        [{ key: 'example.com/pool', value: 'shop' }, spot],
        [{ key: 'arm', effect: 'NoSchedule' }],
      ),
    ),
    topologySpreadConstraints: optional(
      50,
      pick(
        [{ topologyKey: 'topology.kubernetes.io/zone' }],
        [
          { topologyKey: 'topology.kubernetes.io/zone', podLabels: ['app', 'tier'] },
          { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', podLabels: ['tier'] },
        ],
      ),
    ),
  },
  resources: {
    requests: optional(
      50,
      pick(
        {},
        {},
        { cpu: '100m' },
        { memory: '1Gi' },
        { cpu: 0.1, memory: '64Mi' },
        { cpu: '10m', memory: '16Mi' },
      ),
    ),
    limits: optional(
      30,
      pick({ memory: '1Gi' }, { cpu: 2, memory: '2Gi' }, { cpu: '500m', memory: '1536Mi' }, { cpu: '1' }),
    ),
  },
};

/** In how many of a hundred policies a control has settings, and in how many of these a mode: those that are off by
 *  default would hardly be seen otherwise. */
const shares = (id: ControlId) =>
  controlOf(id).defaultMode === 'off' ? { settings: 75, modes: 95 } : { settings: 50, modes: 45 };

const controls = fields(
  Object.fromEntries(
    controlIds.map((id) => {
      const { settings, modes } = shares(id);
      return [id, optional(settings, fields({ mode: optional(modes, modeOf(id)), ...options[id] }))];
    }),
  ),
);

const image = fields({
  match: pick(
    'nginx',
    'docker.io/library/*',
    '**',
    'registry.example.com:5000/**',
    'ghcr.io/org/coredns',
    'redis',
  ),
  tags: optional(15, pick(['latest'], ['1.*', '7'])),
  runAsUser: optional(40, pick(101, 999, 100_000)),
  fsGroup: optional(35, pick(101, 2000, 100_000)),
  writablePaths: optional(35, pick(['/var/cache/nginx', '/var/run'], ['/data'], ['/tmp/2'], ['/run'])),
  neverMount: optional(20, pick(['/tmp/keep'], ['/var/cache'], ['/run'])),
  dataPaths: optional(20, pick(['/data'], ['/var/lib/x', '/tmp'], ['/run'])),
  lowPorts: optional(15, fc.constant([80])),
  stepsDown: optional(15, fc.boolean()),
  keepCapabilities: optional(25, fc.constant(['NET_BIND_SERVICE'])),
  cannot: optional(30, someOf(25, ...mutatingControlIds.map((id) => fc.constant(id)))),
});

const imageCatalogue = fields({
  enabled: optional(40, fc.boolean()),
  mirrors: optional(60, fc.constant(['registry.example.com:5000'])),
});

const optOut = fields({
  allowed: optional(20, fc.boolean()),
  requireReason: optional(45, fc.boolean()),
  requireExpiry: optional(45, fc.boolean()),
});

/** Policies as people write them: modes for each control, options, image entries. All of them the schema accepts. */
export const rawPolicy: Arbitrary<Fields> = fc
  .record({
    controls: optional(75, controls),
    images: optional(40, fc.array(image, { maxLength: 3 })),
    imageCatalogue: optional(40, imageCatalogue),
    optOut: optional(50, optOut),
    ephemeralContainers: optional(30, fields({ mode: optional(90, mode) })),
  })
  .map((spec) => ({
    apiVersion: 'podtemper.io/v1alpha1',
    kind: 'HardeningPolicy',
    metadata: { name: 'default' },
    spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)),
  }));

const accepted = (raw: Fields) => policySchema.safeParse(raw);

/** Policy documents with their defaults filled in; where a drawn request is above a default limit, `resources` has
 *  the built-in options. */
export const policyArbitrary: Arbitrary<PolicyDocument> = rawPolicy.map((raw) => {
  const result = accepted(raw);
  if (result.success) return result.data;
  const spec = raw.spec as { controls?: Fields };
  return policySchema.parse({ ...raw, spec: { ...spec, controls: { ...spec.controls, resources: {} } } });
});
