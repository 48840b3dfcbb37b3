import * as z from 'zod';
import type { Container } from '../kubernetes.js';
import { constantChange, keep, skip } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { addsCapability } from './kit/security.js';

/** Closes the set-user-ID route to more privileges than the parent process has. */
export const allowPrivilegeEscalation = defineContainerControl({
  id: 'allowPrivilegeEscalation',
  level: 'restricted',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary: 'Sets allowPrivilegeEscalation to false where the container leaves it unset.',
    why: 'A set-user-ID or file-capability binary can no longer raise the privileges of the process.',
    mayBreak: 'Programs that call sudo, su or ping with file capabilities: "no new privileges" is set.',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  },
  writes: ['containers[*].securityContext.allowPrivilegeEscalation'],
  skips: {
    explicitlyTrue: 'the container asks for privilege escalation itself',
    addsSysAdmin:
      'a container that adds SYS_ADMIN can always escalate, and the API server rejects false with it',
  },
  notes: {},
  options: z.strictObject({}),
  harden({ securityContext }) {
    if (securityContext?.allowPrivilegeEscalation === true) return skip('explicitlyTrue');
    if (securityContext?.allowPrivilegeEscalation === false) return keep();
    if (addsCapability(securityContext, 'SYS_ADMIN') || addsCapability(securityContext, 'ALL')) {
      return skip('addsSysAdmin');
    }
    return denied;
  },
});

const denied = constantChange<Container>({ securityContext: { allowPrivilegeEscalation: false } });
