import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';
import { isPrivileged } from './kit/security.js';

/** Finds containers that have the whole node for their own. */
export const privileged = defineAdvisoryControl({
  id: 'privileged',
  level: 'baseline',
  os: 'linux',
  defaultMode: 'warn',
  docs: {
    summary: 'Finds privileged containers.',
    why: 'A privileged container has every capability, every device of the node, and no seccomp or AppArmor profile.',
    mayBreak:
      'Programs that load kernel modules, mount file systems or set up networks and devices of the node.',
    remedy: 'securityContext.capabilities.add: [<the one capability it needs>]',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  },
  flags: {
    privilegedContainer: {
      severity: 'high',
      means:
        'whoever gets into the container is root on the node, and no other control means anything for it',
    },
  },
  options: z.strictObject({}),
  findInContainer({ securityContext }, flags) {
    if (!isPrivileged(securityContext)) return;
    flags.addHere(() => ({
      code: 'privilegedContainer',
      field: 'securityContext.privileged',
      found: 'true',
      write: 'leave privileged out; where it needs one power, securityContext.capabilities.add: [<that one>]',
    }));
  },
});
