import jsonPatch, { type Operation } from 'fast-json-patch';
import { type NamespaceFacts, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { type Plan, planNamespace, type NamespaceMode, planPod } from '../../src/policy/plan.js';
import { compilePolicies, type PolicySet } from '../../src/policy/policy.js';
import { policySchema } from '../../src/policy/schema.js';
import type { Fields } from './reviews.js';

/** A policy document in which only what is given differs from the built-in one. */
export function policyDocument(name: string, spec: Fields = {}) {
  return policySchema.parse({
    apiVersion: 'podtemper.io/v1alpha1',
    kind: 'HardeningPolicy',
    metadata: { name },
    spec,
  });
}

/** The set of one policy, `default`. */
export function policiesOf(spec: Fields = {}): PolicySet {
  return compilePolicies([policyDocument('default', spec)]);
}

/** A namespace of which only its labels are known. */
export function namespaceWith(labels: Readonly<Record<string, string>>): NamespaceFacts {
  return { ...unknownNamespace('shop'), labels };
}

/** The day on which the plans are made. */
export const today = '2026-11-23';

/** Plans as the webhook makes them, every namespace without a label being in `mode`. */
export function planner(policies: PolicySet = policiesOf(), mode: NamespaceMode = 'enforce') {
  return (pod: Pod, facts: NamespaceFacts): Plan => {
    const namespace = planNamespace({ policies, facts, unlabelledMode: mode, defaultPolicy: 'default' });
    return planPod(namespace, pod.metadata, facts, today);
  };
}

/** The pod as the API server has it after the patch, which it checks. */
export function applyPatch(pod: Pod, patch: readonly Operation[]): Pod {
  // By way of JSON: objects that drawn pods share in memory are apart on the wire.
  const copyOf = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;
  return jsonPatch.applyPatch(copyOf(pod), copyOf(patch), true).newDocument;
}
