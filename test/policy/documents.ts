import { type Metadata, type NamespaceFacts, unknownNamespace } from '../../src/kubernetes.js';
import { parsePolicies } from '../../src/policy/load.js';
import { type Plan, type PlanInput, planNamespace, planPod } from '../../src/policy/plan.js';
import { compilePolicies } from '../../src/policy/policy.js';
import type { PolicyDocument } from '../../src/policy/schema.js';

/** A policy document as people write it, with a spec. */
export function documentWith(spec: unknown, name = 'default'): Record<string, unknown> {
  return { apiVersion: 'podtemper.io/v1alpha1', kind: 'HardeningPolicy', metadata: { name }, spec };
}

/** The document with its defaults filled in.
 *  @throws PolicyError */
export function parseSpec(spec: unknown, name = 'default'): PolicyDocument {
  const [document] = parsePolicies(JSON.stringify(documentWith(spec, name)), 'policy.json');
  if (document === undefined) throw new RangeError('no document');
  return document;
}

/** Facts of a namespace called test. */
export function factsWith(facts: Partial<NamespaceFacts> = {}): NamespaceFacts {
  return { ...unknownNamespace('test'), ...facts };
}

/** What a plan is to be made of, where it is not what most tests want. */
export interface Situation {
  readonly specs?: Readonly<Record<string, unknown>>;
  readonly facts?: Partial<NamespaceFacts>;
  readonly metadata?: Metadata;
  readonly unlabelledMode?: PlanInput['unlabelledMode'];
  readonly defaultPolicy?: string;
  readonly today?: string;
}

/** The plan for a pod; its namespace is enforced where no label says otherwise. */
export function planFor(situation: Situation): Plan {
  const { specs = {}, facts, metadata, defaultPolicy = 'default', today = '2026-06-01' } = situation;
  const policies = compilePolicies(Object.entries(specs).map(([name, spec]) => parseSpec(spec, name)));
  const unlabelledMode = 'unlabelledMode' in situation ? situation.unlabelledMode : 'enforce';
  const allFacts = factsWith(facts);
  const namespace = planNamespace({ policies, facts: allFacts, unlabelledMode, defaultPolicy });
  return planPod(namespace, metadata, allFacts, today);
}

/** The mode of each control that runs. */
export function modesOf({ controls }: Plan): Record<string, string> {
  return Object.fromEntries(controls.map(({ id, mode }) => [id, mode]));
}

/** The controls that the pod opted out of. */
export function optedOutOf({ controls }: Plan): string[] {
  return controls.filter(({ optedOut }) => optedOut).map(({ id }) => id);
}

/** What was noticed, by code. */
export function codesOf({ notices }: Plan): string[] {
  return notices.map(({ code }) => code);
}
