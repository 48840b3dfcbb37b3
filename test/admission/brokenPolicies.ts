import type { Decision } from '../../src/controls/kit/decision.js';
import type { Bound } from '../../src/controls/kit/define.js';
import type { PolicySet } from '../../src/policy/policy.js';
import { policiesOf } from './plans.js';
import type { Fields } from './reviews.js';

/** The built-in policy with the given parts, one control of which decides as given instead. */
export function policiesWith(id: string, decide: () => Decision, spec: Fields = {}): PolicySet {
  const bound: Bound = { scope: 'container', decide };
  return new Map(
    [...policiesOf(spec)].map(([name, policy]) => {
      const controls = policy.controls.map((control) =>
        control.id === id ? { ...control, bound } : control,
      );
      return [name, { ...policy, controls }];
    }),
  );
}

/** Policies under which each review runs into a fault of ours. */
export function brokenPolicies(
  fault: unknown = new Error('a control is broken'),
  spec: Fields = {},
): PolicySet {
  const decide = () => {
    throw fault;
  };
  return policiesWith('seccompProfile', decide, spec);
}
