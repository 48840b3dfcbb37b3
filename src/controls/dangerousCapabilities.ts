import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';
import { canonicalCapability } from './kit/security.js';

/** Finds capabilities that reach beyond the container. */
export const dangerousCapabilities = defineAdvisoryControl({
  id: 'dangerousCapabilities',
  level: 'baseline',
  os: 'linux',
  defaultMode: 'warn',
  docs: {
    summary:
      'Finds capabilities that a container adds and Pod Security level baseline does not allow, in any spelling that a ' +
      'runtime takes (CAP_SYS_ADMIN, sys_admin).',
    why: 'Each of them is a part of what root may do on the node, and some are as good as all of it.',
    mayBreak: 'Programs that set up networks, trace others or mount file systems.',
    remedy: 'securityContext.capabilities.add: [NET_BIND_SERVICE], or none',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  },
  flags: {
    asRootOnNode: {
      severity: 'high',
      means: 'with this capability a process in the container can take over the node',
    },
    beyondBaseline: {
      severity: 'medium',
      means: 'with this capability a process reaches beyond its container',
    },
  },
  options: z.strictObject({
    allowed: z
      .array(z.string().min(1))
      .default([])
      .describe('Capabilities that may be added, in any spelling'),
  }),
  findInContainer({ securityContext }, flags, { allowed }) {
    const added = securityContext?.capabilities?.add;
    if (added == null) return;
    for (const [index, found] of added.entries()) {
      const name = canonicalCapability(found);
      if (usual.has(name) || allowed.some((other) => canonicalCapability(other) === name)) continue;
      const power = powers.get(name);
      flags.addHere(() => ({
        code: mighty.has(name) ? 'asRootOnNode' : 'beyondBaseline',
        field: `securityContext.capabilities.add[${index}]`,
        found,
        ...(power !== undefined && { detail: `${name} ${power}` }),
        write: 'leave it out; level restricted allows NET_BIND_SERVICE alone',
      }));
    }
  },
});

/** What Pod Security level baseline lets a container add. */
const usual = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Those from which there is a known way to root on the node. */
const mighty = new Set([
  'ALL',
  'BPF',
  'DAC_READ_SEARCH',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_MODULE',
  'SYS_PTRACE',
  'SYS_RAWIO',
]);

/** What each of them lets a process do (capabilities(7)). */
const powers = new Map([
  ['ALL', 'is every capability there is'],
  ['BPF', 'loads programs into the kernel'],
  ['CHECKPOINT_RESTORE', 'restores processes with state of its own'],
  ['DAC_READ_SEARCH', 'reads every file, by handle those of the node too'],
  ['IPC_LOCK', 'locks memory past its limits'],
  ['IPC_OWNER', 'reads the shared memory of others'],
  ['LINUX_IMMUTABLE', 'changes files that are marked immutable'],
  ['MAC_ADMIN', 'changes the policy of AppArmor or Smack'],
  ['MAC_OVERRIDE', 'ignores the policy of Smack'],
  ['NET_ADMIN', 'sets up interfaces, routes and firewalls'],
  ['NET_BROADCAST', 'sends to everybody'],
  ['NET_RAW', "forges packets, to pass for another pod's address"],
  ['PERFMON', 'watches the kernel and all processes'],
  ['SYSLOG', 'reads addresses and messages of the kernel'],
  ['SYS_ADMIN', 'mounts file systems and does most of what root can'],
  ['SYS_BOOT', 'restarts the node or loads another kernel'],
  ['SYS_MODULE', 'loads modules into the kernel'],
  ['SYS_NICE', 'takes processor time from others'],
  ['SYS_PACCT', 'switches process accounting'],
  ['SYS_PTRACE', 'reads and changes the memory of other processes'],
  ['SYS_RAWIO', 'writes to ports and memory of the machine'],
  ['SYS_RESOURCE', 'ignores limits and quotas'],
  ['SYS_TIME', "sets the node's clock"],
  ['SYS_TTY_CONFIG', "takes over the node's terminals"],
  ['WAKE_ALARM', 'wakes the node up'],
]);
