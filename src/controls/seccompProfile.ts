import * as z from 'zod';
import type { Container } from '../kubernetes.js';
import { constantChange, keep, skip } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';

const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotationPrefix = 'container.seccomp.security.alpha.kubernetes.io/';

/** Annotation values that the API server takes for RuntimeDefault. */
const runtimeDefaultValues = new Set(['runtime/default', 'docker/default']);

/** Restricts system calls to those of the container runtime's default profile. */
export const seccompProfile = defineContainerControl({
  id: 'seccompProfile',
  level: 'restricted',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary: 'Sets seccompProfile to RuntimeDefault where neither pod nor container names a profile.',
    why: 'Most holes in the kernel are reached through system calls that ordinary programs never make.',
    mayBreak:
      'Programs that create user namespaces, load kernel modules, or trace others (browsers, debuggers, builders).',
    source: 'https://kubernetes.io/docs/tutorials/security/seccomp/',
  },
  writes: ['containers[*].securityContext.seccompProfile'],
  skips: {
    unconfined: 'seccompProfile is explicitly Unconfined',
    legacyContainerAnnotation:
      'its legacy seccomp annotation names another profile, and the API server rejects a mismatch',
    legacyPodAnnotation:
      "the pod's legacy seccomp annotation asks for another profile, which counts as its choice",
  },
  notes: {},
  options: z.strictObject({}),
  harden(container, { pod }) {
    const profile = container.securityContext?.seccompProfile ?? pod.spec.securityContext?.seccompProfile;
    if (profile != null) return profile.type === 'Unconfined' ? skip('unconfined') : keep();
    const annotations = pod.metadata?.annotations;
    const own = annotations?.[containerAnnotationPrefix + container.name];
    if (own != null && !runtimeDefaultValues.has(own)) return skip('legacyContainerAnnotation');
    const whole = annotations?.[podAnnotation];
    if (own == null && whole != null && !runtimeDefaultValues.has(whole)) return skip('legacyPodAnnotation');
    return runtimeDefault;
  },
});

const runtimeDefault = constantChange<Container>({
  securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
});
