import { messageOf } from '../../errors.js';
import { parsePolicyFiles } from '../../policy/load.js';
import { argumentOf } from '../deployed.js';
import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';

/** Whether the policies load. */
export const policies = defineCheck({
  id: 'policies',
  looksAt: 'the policies in the ConfigMap',
  faults: {
    policyBroken: {
      severity: 'error',
      means: 'running replicas stay with the last good policies, and one that starts does not become ready',
    },
    defaultPolicyMissing: {
      severity: 'error',
      means: 'running replicas stay with the last good policies, and one that starts does not become ready',
    },
    policiesMissing: { severity: 'error', means: 'no replica can start' },
  },
  examine({ policies: reading, deployment: deploymentReading, namespace }) {
    const deployment = valueOf(deploymentReading);
    if (deployment === undefined || reading.kind === 'unread') return [];
    const where = `policies of Deployment ${namespace}/${deployment.metadata?.name}`;
    if (reading.kind === 'missing') {
      const expected = 'the ConfigMap that it mounts';
      return [
        { code: 'policiesMissing', where, expected, found: 'none', advice: 'helm upgrade makes it anew' },
      ];
    }
    try {
      const names = parsePolicyFiles(reading.value).map(({ metadata }) => metadata.name);
      const wanted = argumentOf(deployment, '--default-policy') ?? 'default';
      if (wanted === 'default' || names.includes(wanted)) return [];
      const found = `"${wanted}"; there is ${['default', ...names].join(', ')}`;
      const expected = '--default-policy to name a policy that is there';
      return [
        { code: 'defaultPolicyMissing', where, expected, found, advice: 'add that policy, or name another' },
      ];
    } catch (error) {
      return [
        {
          code: 'policyBroken',
          where,
          expected: 'policies that load',
          found: messageOf(error),
          advice: 'set it right, and try before: podtemper policy check FILE',
        },
      ];
    }
  },
});
