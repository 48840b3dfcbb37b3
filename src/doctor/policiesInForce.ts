import { parsePolicyFiles } from '../policy/load.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import { argumentOf } from './deployed.js';
import type { Installation } from './installation.js';
import { valueOf } from './reading.js';

/** The policies that are in force; undefined where they could not be read or do not load. */
export function policiesInForce({ policies }: Pick<Installation, 'policies'>): PolicySet | undefined {
  const files = valueOf(policies);
  if (files === undefined) return undefined;
  try {
    return compilePolicies(parsePolicyFiles(files));
  } catch {
    return undefined; // what is wrong with them is told elsewhere
  }
}

/** Name of the policy of a namespace that names none. */
export function defaultPolicyOf({ deployment }: Pick<Installation, 'deployment'>): string {
  const value = valueOf(deployment);
  return (value === undefined ? undefined : argumentOf(value, '--default-policy')) ?? 'default';
}
