import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';

/** Finds ports that a container takes from its node. */
export const hostPorts = defineAdvisoryControl({
  id: 'hostPorts',
  level: 'baseline',
  os: 'any',
  defaultMode: 'warn',
  docs: {
    summary:
      'Finds ports of the node that a container listens on by hostPort; on the host network, where all its ports are the ' +
      "node's, hostNamespaces says so once.",
    why: 'The port is open on every address of the node, past any Service, and only one such pod fits on each node.',
    mayBreak: 'Ingress controllers and agents that others reach by the address of the node.',
    remedy: 'ports[*].containerPort: alone, and a Service in front of it',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  },
  flags: {
    hostPort: {
      severity: 'medium',
      means:
        'the port is open on every address of the node, and most network plugins let it past NetworkPolicies',
    },
  },
  options: z.strictObject({
    allowed: z.array(z.int().min(1).max(65_535)).default([]).describe('Ports of the node that may be taken'),
  }),
  findInContainer({ ports }, flags, { allowed }, { spec }) {
    // There the API server sets hostPort to containerPort by itself.
    if (ports == null || spec.hostNetwork === true) return;
    let index = -1;
    for (const { hostPort } of ports) {
      index++;
      if (hostPort == null || hostPort === 0 || allowed.includes(hostPort)) continue;
      const field = `ports[${index}].hostPort`;
      flags.addHere(() => ({
        code: 'hostPort',
        field,
        found: String(hostPort),
        write: 'leave hostPort out: a Service reaches the container without it',
      }));
    }
  },
});
