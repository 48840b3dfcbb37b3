import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';

const fields = ['hostNetwork', 'hostPID', 'hostIPC'] as const;

/** Finds pods that share a namespace of the kernel with their node. */
export const hostNamespaces = defineAdvisoryControl({
  id: 'hostNamespaces',
  level: 'baseline',
  os: 'any',
  defaultMode: 'warn',
  docs: {
    summary: "Finds pods that share the node's network, process (PID) or IPC namespace.",
    why: 'What is shared with the node is not kept apart from it. There is no field for UTS: it comes with the network.',
    mayBreak: 'Network plugins, node exporters and other agents, which look at the node on purpose.',
    remedy: 'hostNetwork: false (and a Service, which reaches the pod without it)',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  },
  flags: {
    hostNetwork: {
      severity: 'high',
      means:
        "it shares the node's network and UTS namespace (host name; no field of its own): it reaches what listens on the " +
        "node's loopback, sees the node's traffic, and no NetworkPolicy holds for it",
    },
    hostPID: {
      severity: 'high',
      means: 'it sees every process of the node with its environment, and as root can stop or enter it',
    },
    hostIPC: {
      severity: 'medium',
      means: 'it reads and writes the shared memory and semaphores of the node and of other such pods',
    },
  },
  options: z.strictObject({
    allowed: z.array(z.enum(fields)).default([]).describe('Fields that may be true'),
  }),
  findInPod({ spec }, flags, { allowed }) {
    for (const field of fields) {
      if (spec[field] !== true || allowed.includes(field)) continue;
      flags.add(() => ({
        code: field,
        field: `spec.${field}`,
        found: 'true',
        targets: [],
        write: remedies[field],
      }));
    }
  },
});

const remedies = {
  hostNetwork: 'leave hostNetwork out: a Service reaches the pod without it',
  hostPID: 'leave hostPID out; for containers of one pod there is shareProcessNamespace: true',
  hostIPC: 'leave hostIPC out; containers of one pod share memory by an emptyDir with medium: Memory',
};
