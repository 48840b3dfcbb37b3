import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../../src/hardening/report.js';
import { type Container, labelKeys, type NamespaceFacts, type Pod } from '../../src/kubernetes.js';
import { type Plan, planNamespace, planPod } from '../../src/policy/plan.js';
import { compilePolicies, type PolicySet } from '../../src/policy/policy.js';
import type { PolicyDocument } from '../../src/policy/schema.js';
import type { FailureName } from './failures.js';
import type { Harden, Subject } from './subject.js';
import { deepFreeze } from './trees.js';

/** All that a law looks at: a pod that comes to a namespace under a policy. */
export interface Scenario {
  readonly pod: Pod;
  readonly facts: NamespaceFacts;
  readonly policy: PolicyDocument;
  /** Whether the pod has been through the API server's defaults; else it is as people write it. */
  readonly created: boolean;
  /** A container that another webhook adds after us. */
  readonly visitor: Container;
  /** What goes wrong within podtemper, where a law lets something go wrong. */
  readonly failure: FailureName;
  /** Any number: which order, which place. */
  readonly salt: number;
}

/** Throws a Breach where the subject does not keep it. */
export type Law = (scenario: Scenario, subject: Subject) => void | Promise<void>;

/** A law that was not kept, with what was seen. */
export class Breach extends Error {
  constructor(seen: string) {
    super(seen);
    this.name = 'Breach';
  }
}

/** Throws the problems, if there are any. */
export function expectNone(problems: readonly string[], what: string): void {
  if (problems.length > 0) throw new Breach(`${what}: ${[...new Set(problems)].join('; ')}`);
}

/** Throws where the two are not the same value; the order of keys does not count. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Breach(`${what}:\n  ${shorten(actual)}\n  is not\n  ${shorten(expected)}`);
}

/** JSON of a value, cut where it would fill the screen. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 1500 ? `${text.slice(0, 1500)}…` : text;
}

/** The day on which all laws are tested: opt-outs end before or after it. */
export const today = '2026-06-15';

const compiled = new WeakMap<PolicyDocument, PolicySet>();

/** The policy as the webhook holds it, compiled once. */
export function policiesOf(policy: PolicyDocument): PolicySet {
  const policies = compiled.get(policy) ?? compilePolicies([policy]);
  compiled.set(policy, policies);
  return policies;
}

type NamespacePlan = ReturnType<typeof planNamespace>;

/** As in the webhook, all pods of a namespace share a plan for as long as policy and facts are the same. */
const plans = new WeakMap<PolicyDocument, WeakMap<NamespaceFacts, NamespacePlan>>();

/** What the webhook would plan for the pod. */
export function planFor(pod: Pod, policy: PolicyDocument, facts: NamespaceFacts): Plan {
  const ofPolicy = plans.get(policy) ?? new WeakMap<NamespaceFacts, NamespacePlan>();
  plans.set(policy, ofPolicy);
  const namespace = ofPolicy.get(facts) ?? planOfNamespace(policy, facts);
  ofPolicy.set(facts, namespace);
  return planPod(namespace, pod.metadata, facts, today);
}

function planOfNamespace(policy: PolicyDocument, facts: NamespaceFacts): NamespacePlan {
  const policies = policiesOf(policy);
  return planNamespace({ policies, facts, unlabelledMode: 'enforce', defaultPolicy: 'default' });
}

/** Plans and hardens. */
export function hardenIn({ policy, facts }: Scenario, pod: Pod, harden: Harden): Report {
  return harden(deepFreeze(pod), planFor(pod, policy, facts), facts);
}

/** The same facts in a namespace that enforces whatever its policy is. */
export function enforcing(facts: NamespaceFacts): NamespaceFacts {
  const { [labelKeys.policy]: _, ...labels } = facts.labels;
  return { ...facts, labels: { ...labels, [labelKeys.mode]: 'enforce' } };
}
