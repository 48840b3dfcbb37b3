import type { NamespaceMode } from '../policy/plan.js';
import { compilePolicies } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';
import { checkPolicyName, defaultPolicyOf, guideNamed } from '../preview/choices.js';
import type { PreviewOptions } from '../preview/preview.js';

/** What a person chooses by flags, whatever the namespaces say. */
export interface Choices {
  readonly mode?: NamespaceMode;
  readonly policyName?: string;
  readonly guide?: string | true;
}

/** A flag beats what a namespace says; one that says nothing counts as one in mode `enforce`.
 *  @throws UsageError for the name of a policy or guide that is not there */
export function optionsOf(
  { mode, policyName, guide }: Choices,
  documents: readonly PolicyDocument[],
  { facts, namespace }: Pick<PreviewOptions, 'facts' | 'namespace'>,
): PreviewOptions {
  const policies = compilePolicies(documents);
  checkPolicyName(policyName, policies, '--policy-name');
  return {
    policies,
    defaultPolicy: defaultPolicyOf(documents, 'default'),
    mode: 'enforce',
    namespace,
    facts,
    chosen: { mode, policy: policyName },
    guide: typeof guide === 'string' ? guideNamed(guide, '--guide') : undefined,
    today: new Date().toISOString().slice(0, 10),
  };
}
