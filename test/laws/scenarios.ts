import fc, { type Arbitrary } from 'fast-check';
import { stringify } from 'yaml';
import type { Pod } from '../../src/kubernetes.js';
import { pick } from './arbitraries.js';
import { failureNames } from './failures.js';
import { podInNamespace, visitorArbitrary } from './pods.js';
import { policyArbitrary } from './policies.js';
import type { Scenario } from './scenario.js';

/** Pods, the namespaces that they come to, the policies that hold there. */
export const scenarioArbitrary: Arbitrary<Scenario> = fc
  .record({
    place: podInNamespace,
    policy: policyArbitrary,
    visitor: visitorArbitrary,
    failure: pick(...failureNames),
    salt: fc.nat(9999),
  })
  .map(({ place, ...rest }) => Object.assign(rest, place));

/** A scenario as a person can read it and put it into a file: pod, what the cluster knows, policy. */
export function describeScenario({ pod, facts, policy, created, ...rest }: Scenario): string {
  const origin = created ? 'as the API server sends it at CREATE' : 'as it is written';
  const parts = { pod: shortened(pod), facts, policy: policy.spec, ...rest };
  return `# pod ${origin}\n${stringify(parts, { aliasDuplicateObjects: false })}`;
}

const longest = 200;

/** Without the filler that only makes annotations long. */
function shortened(pod: Pod): Pod {
  const annotations = pod.metadata?.annotations;
  if (annotations == null) return pod;
  const cut = Object.entries(annotations).map(([key, value]) => [
    key,
    value.length > longest ? `${value.slice(0, 20)}… (${value.length} characters)` : value,
  ]);
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: Object.fromEntries(cut) as Record<string, string> },
  };
}
