import type { Container, PodSpec } from '../../kubernetes.js';
import type { Context } from './context.js';
import { listensOnLowPort } from './ports.js';
import { effectiveRunAsNonRoot, effectiveRunAsUser, isPrivileged, isUnmapped } from './security.js';

/** What becomes of a container's user. Truth table (u: effective runAsUser, n: effective runAsNonRoot):
 *
 *     n false            → root is allowed on purpose
 *     u 0                → root on purpose: runAsNonRoot would only fail at the kubelet
 *     u > 0, n true      → nothing to do;  u > 0, n unset → runAsNonRoot
 *     u unset, n true    → the author vouches for the image's user; a known user ID is added, no guess
 *     u unset, n unset   → runAsNonRoot and a user ID
 *
 *  A user ID that the pod's user namespace does not have is none to add, and without it nobody vouches for the image.
 *  Nor is one added to a container that then could not listen on its port. */
export type UserFate =
  | {
      readonly kind:
        | 'rootAllowed'
        | 'root'
        | 'done'
        | 'imageTrusted'
        | 'platformLeavesUser'
        | 'unmappedUser'
        | 'lowHostPort';
    }
  | { readonly kind: 'nonRoot'; readonly runAsUser: number | undefined; readonly runAsNonRoot: boolean };

/** What runAsNonRoot makes of the container, so that other controls can tell without reading its output. */
export function userFate(container: Container, context: Context): UserFate {
  const { spec } = context.pod;
  const user = effectiveRunAsUser(container, spec);
  const nonRoot = effectiveRunAsNonRoot(container, spec);
  if (nonRoot === false) return { kind: 'rootAllowed' };
  if (user === 0) return { kind: 'root' };
  if (user !== undefined) {
    return nonRoot === true
      ? { kind: 'done' }
      : { kind: 'nonRoot', runAsUser: undefined, runAsNonRoot: true };
  }
  const known = context.known(container).runAsUser;
  const guess = context.nonRoot?.runAsUser;
  if (nonRoot === true && (guess === undefined || known === undefined)) return { kind: 'imageTrusted' };
  if (guess === undefined) return platformFate(context);
  const runAsUser = known ?? guess;
  if (isUnmapped(runAsUser, spec)) return { kind: 'unmappedUser' };
  if (nonRoot !== true && needsRootForPort(container, context)) return { kind: 'lowHostPort' };
  return { kind: 'nonRoot', runAsUser, runAsNonRoot: nonRoot !== true };
}

/** Whether only root can bind a port that the container listens on: no sysctl reaches those of the node, and the
 *  capability helps another user only where the image gives it to its program. */
function needsRootForPort(container: Container, context: Context): boolean {
  if (context.pod.spec.hostNetwork !== true || !listensOnLowPort(container, context)) return false;
  return !context.known(container).keepCapabilities.includes('NET_BIND_SERVICE');
}

/** OpenShift's own admission has passed already: under an SCC that gives no user the image's own may be root. */
function platformFate({ pod }: Context): UserFate {
  if (pod.metadata?.annotations?.[sccAnnotation] != null) return { kind: 'platformLeavesUser' };
  return { kind: 'nonRoot', runAsUser: undefined, runAsNonRoot: true };
}

/** Set by OpenShift's admission to the security context constraints that it applied. */
const sccAnnotation = 'openshift.io/scc';

/** Whether runAsNonRoot decides about the container at all. */
function isInReach(container: Container, context: Context): boolean {
  if (context.nonRoot === undefined || isPrivileged(container.securityContext)) return false;
  return context.known(container).cannot['runAsNonRoot'] === undefined;
}

/** The user ID that runAsNonRoot injects into the container, if it does. */
export function injectedUser(container: Container, context: Context): number | undefined {
  if (!isInReach(container, context)) return undefined;
  const fate = userFate(container, context);
  return fate.kind === 'nonRoot' ? fate.runAsUser : undefined;
}

/** Whether runAsNonRoot turns the container, which could have been root, into a non-root one. */
export function becomesNonRoot(container: Container, context: Context): boolean {
  if (!isInReach(container, context)) return false;
  const fate = userFate(container, context);
  return fate.kind === 'nonRoot' && effectiveRunAsUser(container, context.pod.spec) === undefined;
}

/** Whether the container, as far as is known, goes on running as root. */
export function staysRoot(container: Container, context: Context): boolean {
  const user = effectiveRunAsUser(container, context.pod.spec);
  if (user !== undefined) return user === 0;
  if (effectiveRunAsNonRoot(container, context.pod.spec) === true) return false;
  return !becomesNonRoot(container, context);
}

/** Init and regular containers, in the order in which the kubelet starts them. */
export function allContainers(spec: PodSpec): readonly Container[] {
  return spec.initContainers == null || spec.initContainers.length === 0
    ? spec.containers
    : [...spec.initContainers, ...spec.containers];
}
