import { controls } from '../controls/index.js';
import { skip } from '../controls/kit/decision.js';
import type { Bound } from '../controls/kit/define.js';
import type { Container, EphemeralContainer, Pod, PodSpec } from '../kubernetes.js';
import { type Plan, weakerOf } from './plan.js';
import type { PolicySet } from './policy.js';

/** The controls that harden ephemeral containers too: those that write to a container's security context and nowhere
 *  else. They take no resources, and a running pod takes no volumes, without which a read-only root is of no use. */
export const ephemeralControlIds: ReadonlySet<string> = new Set(
  controls.filter(({ writes }) => writes.length > 0 && writes.every(isInSecurityContext)).map(({ id }) => id),
);

function isInSecurityContext(field: string): boolean {
  return field.startsWith('containers[*].securityContext.');
}

const notForThem: Bound = { scope: 'container', decide: () => skip('ephemeral') };

/** Whether any policy looks at ephemeral containers. */
export function anyHardensEphemeral(policies: PolicySet): boolean {
  return [...policies.values()].some(({ document }) => document.spec.ephemeralContainers.mode !== 'off');
}

/** The plan for the ephemeral containers of a pod, out of the plan for the pod; undefined where the policy leaves
 *  them alone. */
export function planEphemeral(plan: Plan, { spec }: Pod): Plan | undefined {
  const { ephemeralMode } = plan;
  if (ephemeralMode === 'off') return undefined;
  const controlsOfContainers = plan.controls.filter(({ bound }) => bound.scope === 'container');
  return {
    ...plan,
    mode: weakerOf(plan.mode, ephemeralMode),
    controls: controlsOfContainers.map(({ id, os, mode, bound, optedOut, seesNonRoot }) => ({
      id,
      os,
      mode: weakerOf(mode, ephemeralMode),
      bound: ephemeralControlIds.has(id) ? bound : notForThem,
      optedOut,
      seesNonRoot,
    })),
    known: (container) => {
      const known = plan.known(container);
      const runAsUser = userOfTarget(container, spec);
      if (runAsUser === undefined) return known;
      const sources = { ...known.sources, runAsUser: 'the container that it debugs' };
      return { ...known, runAsUser, sources };
    },
  };
}

/** The user of the container whose processes it is to look at: the kernel shows them to nobody else. */
function userOfTarget({ targetContainerName }: EphemeralContainer, spec: PodSpec): number | undefined {
  if (targetContainerName == null) return undefined;
  const isTarget = ({ name }: Container) => name === targetContainerName;
  const target = spec.containers.find(isTarget) ?? spec.initContainers?.find(isTarget);
  // Root is no user to hand on; that of the pod as a whole is inherited anyway.
  return target?.securityContext?.runAsUser || undefined;
}
