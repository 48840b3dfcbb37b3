import { keyPrefix, labelKeys, unknownNamespace } from '../../kubernetes.js';
import { didYouMean } from '../../policy/nearest.js';
import { planNamespace } from '../../policy/plan.js';
import { compilePolicies, type PolicySet } from '../../policy/policy.js';
import { defineCheck } from '../finding.js';
import type { Namespace } from '../installation.js';
import { defaultPolicyOf, policiesInForce } from '../policiesInForce.js';
import { valueOf } from '../reading.js';

/** Whether the labels of namespaces mean something. */
export const namespaces = defineCheck({
  id: 'namespaces',
  looksAt: "podtemper's labels on each namespace",
  faults: {
    labelMeansNothing: {
      severity: 'warning',
      means: 'the namespace is not treated as whoever labelled it thinks',
    },
  },
  examine(installation) {
    const defaultPolicy = defaultPolicyOf(installation);
    const policies = policiesInForce(installation);
    return (valueOf(installation.namespaces) ?? []).flatMap((namespace) =>
      complaintsOf(namespace, policies, defaultPolicy).map((found) => ({
        code: 'labelMeansNothing' as const,
        where: `Namespace ${namespace.metadata?.name}`,
        expected: 'labels of podtemper that mean something',
        found,
        advice: `kubectl label namespace ${namespace.metadata?.name} --overwrite ${labelKeys.mode}=<enforce, warn or audit>, or take the label off (${labelKeys.mode}-)`,
      })),
    );
  },
});

function complaintsOf(
  { metadata }: Namespace,
  policies: PolicySet | undefined,
  defaultPolicy: string,
): string[] {
  const { name = '', labels = {} } = metadata ?? {};
  const own = Object.keys(labels).filter((key) => key.startsWith(keyPrefix));
  if (own.length === 0) return [];
  const known: string[] = Object.values(labelKeys);
  const unknown = own.filter((key) => !known.includes(key));
  const strangers = unknown.map(
    (key) => `no label "${key}"; ${didYouMean(key, known) ?? 'it has no effect'}`,
  );
  if (labels[labelKeys.mode] === undefined) {
    const others = own.filter((key) => known.includes(key));
    return [...strangers, ...others.map((key) => `${key} without ${labelKeys.mode}: it is left alone`)];
  }
  const set = policies ?? compilePolicies([]);
  const facts = { ...unknownNamespace(name), labels };
  const { notices } = planNamespace({ policies: set, facts, unlabelledMode: undefined, defaultPolicy });
  const told = notices.filter(({ code }) => policies !== undefined || code !== 'unknownPolicy');
  return [...strangers, ...told.map(({ text }) => text)];
}
