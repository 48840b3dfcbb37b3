import type { V1LabelSelector } from '@kubernetes/client-node';
import type { Immutable } from '../kubernetes.js';

type Labels = Readonly<Record<string, string>>;

/** Whether the labels satisfy a label selector, as Kubernetes reads one: an empty or absent one is satisfied by all. */
export function matchesSelector(labels: Labels, selector: Immutable<V1LabelSelector> | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => matches(labels[key], operator, values))
  );
}

function matches(value: string | undefined, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    default: // NotIn: whoever lacks the label satisfies it too
      return value === undefined || !values.includes(value);
  }
}

/** Labels of a namespace, with the one that every API server sets. */
export function labelsOfNamespace(name: string, labels: Labels = {}): Labels {
  return { ...labels, 'kubernetes.io/metadata.name': name };
}
