import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Decision } from '../../src/controls/kit/decision.js';
import { harden, hardenEphemeral } from '../../src/hardening/harden.js';
import type { Finding, Report } from '../../src/hardening/report.js';
import { annotationKeys, type NamespaceFacts, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { controlIds, mutatingControlIds } from '../../src/policy/catalogue.js';
import { planEphemeral } from '../../src/policy/ephemeral.js';
import { parsePolicies } from '../../src/policy/load.js';
import { planNamespace, planPod } from '../../src/policy/plan.js';
import { compilePolicies } from '../../src/policy/policy.js';

/** The folder of the fixtures in which all controls run together. */
export const engineFolder = 'engine';

const object = z.record(z.string(), z.unknown());
const manifest = z.custom<Pod | Pod['spec']>((value) => object.safeParse(value).success);

const findingSchema = z.strictObject({
  control: z.enum(controlIds).optional(),
  target: z.string(),
  change: z.literal(true).optional(),
  keep: z.literal(true).optional(),
  flag: z
    .array(
      z.strictObject({
        code: z.string(),
        field: z.string(),
        found: z.string(),
        targets: z.array(z.string()).default([]),
        detail: z.string().optional(),
      }),
    )
    .optional(),
  more: z.number().optional(),
  skip: z.string().optional(),
  detail: z.string().optional(),
  notes: z.array(z.string()).optional(),
  leftOut: z
    .array(z.strictObject({ part: z.string(), reason: z.string(), detail: z.string().optional() }))
    .optional(),
  mode: z.enum(['audit', 'warn', 'deny']).optional(),
});
/** One decision as fixtures spell it. `mode` stands where it is not `enforce`, `control` in the engine's fixtures. */
export type ExpectedFinding = z.output<typeof findingSchema>;

const fixtureSchema = z.strictObject({
  title: z.string(),
  options: object.default({}),
  policy: object.default({}),
  facts: object.default({}),
  /** Ephemeral containers that the pod has; where it is there, those that it has not are being added. */
  existing: z.array(z.string()).optional(),
  before: manifest,
  after: z.union([z.literal('unchanged'), manifest]),
  findings: z.array(findingSchema),
  exemption: z.string().optional(),
  notices: z.array(z.string()).default([]),
});

/** One case: a pod before and after, and what the control says of it. */
export interface Fixture extends z.output<typeof fixtureSchema> {
  /** The control's id, or the engine's folder. */
  readonly folder: string;
  /** What happens, in kebab-case. */
  readonly name: string;
  readonly file: string;
}

/** The names of the folders below `root`. */
export function foldersOf(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** The fixtures of one control.
 *  @throws SyntaxError for a fixture with a misspelt key */
export function loadFixtures(root: string, folder: string): Fixture[] {
  return readdirSync(join(root, folder)).map((entry) => loadFixture(join(root, folder, entry), folder));
}

function loadFixture(file: string, folder: string): Fixture {
  const document = parseDocument(readFileSync(file, 'utf8'));
  if (document.errors[0] !== undefined) throw new SyntaxError(`${file}: ${document.errors[0].message}`);
  const { success, data, error } = fixtureSchema.safeParse(document.toJS());
  if (!success) throw new SyntaxError(`${file}: ${z.prettifyError(error)}`);
  return { ...data, folder, name: basename(file, '.yaml'), file };
}

/** The pod of a fixture, whichever way it is spelt. */
export function podOf(before: Fixture['before']): Pod {
  return 'spec' in before ? before : { spec: before };
}

const today = '2026-06-01';

/** Hardens a pod as the fixture says: its control alone, or with those that its policy names. */
export function hardenAs(fixture: Fixture, pod: Pod): Report {
  const facts: NamespaceFacts = { ...unknownNamespace('test'), ...fixture.facts };
  const document = {
    apiVersion: 'podtemper.io/v1alpha1',
    kind: 'HardeningPolicy',
    metadata: { name: 'default' },
    spec: { ...fixture.policy, controls: controlsOf(fixture) },
  };
  const policies = compilePolicies(parsePolicies(JSON.stringify(document), fixture.file));
  const plan = planNamespace({ policies, facts, unlabelledMode: 'enforce', defaultPolicy: 'default' });
  const podPlan = planPod(plan, pod.metadata, facts, today);
  if (fixture.existing === undefined) return harden(pod, podPlan, facts);
  const ephemeralPlan = planEphemeral(podPlan, pod);
  if (ephemeralPlan === undefined) throw new RangeError(`${fixture.file}: ephemeralContainers are off`);
  return hardenEphemeral(pod, new Set(fixture.existing), ephemeralPlan, facts);
}

function controlsOf({ folder, options, policy }: Fixture): Record<string, unknown> {
  const named = object.parse(policy['controls'] ?? {});
  if (folder === engineFolder) return named;
  const off = Object.fromEntries(controlIds.map((id) => [id, { mode: 'off' }]));
  const strongest = mutatingControlIds.some((id) => id === folder) ? { mode: 'enforce' } : {};
  return { ...off, ...named, [folder]: { ...strongest, ...options } };
}

/** The hardened pod as the fixture spells pods, without the mark. */
export function afterOf(fixture: Fixture, { hardened }: Report): Fixture['before'] {
  if (!('spec' in fixture.before)) return hardened.spec;
  const { [annotationKeys.hardened]: _mark, ...annotations } = hardened.metadata?.annotations ?? {};
  const isBare = fixture.before.metadata?.annotations === undefined && Object.keys(annotations).length === 0;
  const { annotations: _all, ...bare } = hardened.metadata ?? {};
  const metadata = isBare ? bare : { ...bare, annotations };
  return fixture.before.metadata === undefined && isBare
    ? { spec: hardened.spec }
    : { ...hardened, metadata };
}

/** The decisions that the fixture is about: its control's, or, of the engine, those that it lists. */
export function findingsOf(fixture: Fixture, { findings }: Report): ExpectedFinding[] {
  const isEngine = fixture.folder === engineFolder;
  const listed = new Set(fixture.findings.map(({ control, target }) => `${control ?? ''} ${target}`));
  return findings
    .filter(({ control, target }) =>
      isEngine ? listed.has(`${control} ${target}`) : control === fixture.folder,
    )
    .map((finding) => (isEngine ? spellWithControl(finding) : spell(finding)));
}

function idOf({ control }: Finding): (typeof controlIds)[number] | undefined {
  return controlIds.find((id) => id === control);
}

function spellWithControl(finding: Finding): ExpectedFinding {
  return { control: idOf(finding), ...spell(finding) };
}

function verdictOf(decision: Decision) {
  if (decision.kind === 'flag') {
    const flag = decision.flags.map(({ write: _, targets, ...rest }) => ({ ...rest, targets: [...targets] }));
    return { flag, ...(decision.more > 0 && { more: decision.more }) };
  }
  return decision.kind === 'skip'
    ? { skip: decision.reason, ...(decision.detail !== undefined && { detail: decision.detail }) }
    : { [decision.kind]: true, ...(decision.notes !== undefined && { notes: [...decision.notes] }) };
}

function spell({ target, mode, decision }: Finding): ExpectedFinding {
  const verdict = verdictOf(decision);
  const leftOut = decision.kind === 'change' &&
    decision.leftOut !== undefined && { leftOut: [...decision.leftOut] };
  return { target, ...verdict, ...leftOut, ...(mode !== 'enforce' && { mode }) };
}

/** Rewrites what the fixture expects into what is, for a person to review. */
export function rewrite(
  fixture: Fixture,
  after: Fixture['after'],
  findings: readonly ExpectedFinding[],
): void {
  const document = parseDocument(readFileSync(fixture.file, 'utf8'));
  document.set('after', after);
  document.set('findings', findings);
  writeFileSync(fixture.file, document.toString({ lineWidth: 110 }));
}
