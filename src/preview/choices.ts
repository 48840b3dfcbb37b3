import { UsageError } from '../errors.js';
import type { Guide } from '../guides/guide.js';
import { findGuide, guides } from '../guides/index.js';
import { didYouMean } from '../policy/nearest.js';
import type { PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';

/** Name of the policy that holds where a namespace names none: whoever gives one policy means that one. */
export function defaultPolicyOf(given: readonly PolicyDocument[], otherwise: string): string {
  const [only, ...others] = given;
  return only !== undefined && others.length === 0 ? only.metadata.name : otherwise;
}

/** Checks the name of a policy that a person chose by `where`, such as a flag.
 *  @throws UsageError where there is none of that name */
export function checkPolicyName(name: string | undefined, policies: PolicySet, where: string): void {
  if (name === undefined || policies.has(name)) return;
  const names = [...policies.keys()];
  const advice = didYouMean(name, names) ?? `there is ${names.join(', ')}`;
  throw new UsageError({ where, expected: 'the name of a policy', found: `"${name}"`, advice });
}

/** The guide that a person chose by `where`, such as a flag.
 *  @throws UsageError where there is none of that name */
export function guideNamed(name: string, where: string): Guide {
  const guide = findGuide(name);
  if (guide !== undefined) return guide;
  const names = guides.map(({ id }) => id);
  const advice = didYouMean(name, names) ?? `there is ${names.join(', ')}`;
  throw new UsageError({ where, expected: 'the name of a guide', found: `"${name}"`, advice });
}
