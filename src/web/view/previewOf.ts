import { InputError } from '../../errors.js';
import { parsePolicies } from '../../policy/load.js';
import { compilePolicies } from '../../policy/policy.js';
import type { PolicyDocument } from '../../policy/schema.js';
import { checkPolicyName, defaultPolicyOf, guideNamed } from '../../preview/choices.js';
import { preview, type Preview } from '../../preview/preview.js';
import { readDocuments } from '../../preview/yaml.js';
import type { PageQuestion } from './question.js';

/** Name of the file that the manifests would be in. */
const file = 'manifests.yaml';

/** What the webhook would do to the page's manifests.
 *  @throws InputError for a policy or guide that cannot be used */
export function previewOf({ manifests, settings, today, ...chosen }: PageQuestion): Preview {
  const own = chosen.ownPolicy === undefined ? undefined : readPolicy(chosen.ownPolicy);
  const policies = compilePolicies(own ?? settings.policies);
  const name = own === undefined ? chosen.policyName || undefined : undefined;
  checkPolicyName(name, policies, 'policy');
  return preview(manifests, file, {
    policies,
    defaultPolicy: own === undefined ? settings.defaultPolicy : defaultPolicyOf(own, 'default'),
    mode: settings.mode,
    facts: () => undefined,
    chosen: { mode: chosen.mode || undefined, policy: name },
    guide: chosen.guide === '' ? undefined : guideNamed(chosen.guide, 'guide'),
    today,
  });
}

/** What is wrong with a policy's text; undefined where it can be used. */
export function policyFault(text: string): InputError | undefined {
  try {
    readPolicy(text);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** The preview's reader looks at it first: it bounds depth and aliases, which a policy file of ours need not. */
function readPolicy(text: string): PolicyDocument[] {
  const [fault] = readDocuments(text, 'policy').faults;
  if (fault !== undefined) throw fault;
  return parsePolicies(text, 'policy');
}
