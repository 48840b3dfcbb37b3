import * as z from 'zod';
import type { Container } from '../kubernetes.js';
import type { Context, Known, NonRootIntent } from './kit/context.js';
import { type Change, constantChange, keep, noteWithSource, skip } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { userId } from './kit/schemas.js';
import { effectiveRunAsNonRoot, effectiveRunAsUser, windowsUserName } from './kit/security.js';
import { type UserFate, userFate } from './kit/user.js';

/** Decides user and runAsNonRoot together, since either alone fails at the kubelet for some images. */
export const runAsNonRoot = defineContainerControl({
  id: 'runAsNonRoot',
  level: 'restricted',
  os: 'any',
  defaultMode: 'enforce',
  docs: {
    summary: 'Sets runAsNonRoot to true, and runAsUser where neither pod nor container names a user.',
    why: 'A process that is root in the container is root on the node once it breaks out of it.',
    mayBreak:
      "Images whose files belong to another user, or whose entrypoint needs root: the image's own USER is replaced. " +
      'HOME is / for a user without an account.',
    remedy: 'podtemper.io/run-as-user: "<the user ID that the image expects>"',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  },
  writes: ['containers[*].securityContext.runAsNonRoot', 'containers[*].securityContext.runAsUser'],
  skips: {
    rootAllowed: 'runAsNonRoot is explicitly false, so root is allowed on purpose',
    root: 'runAsUser is explicitly 0, and runAsNonRoot would only keep the container from starting',
    imageTrusted: "runAsNonRoot is true already, so the image's own user is trusted and none is guessed",
    platformLeavesUser: "the platform admitted the pod without a user, so the image's own may be root",
    unmappedUser: 'the user ID is above 65535, and the user namespace of the pod ends there',
    lowHostPort: 'it listens on a port below 1024 of the node, which only root can bind',
    windowsUser:
      'on Windows it is set only where runAsUserName names a user other than ContainerAdministrator',
  },
  notes: {
    platformUser: 'the platform picks the user ID (OpenShift range), so none is set',
    knownUser: 'the user ID is one that is known to fit',
  },
  options: z.strictObject({
    runAsUser: userId.default(1000).describe('User ID for containers that name none'),
  }),
  harden(container, context) {
    if (context.windows) return hardenOnWindows(container, context);
    const fate = userFate(container, context);
    if (fate.kind === 'done') return keep();
    if (fate.kind !== 'nonRoot') return skip(fate.kind);
    const hasUser = effectiveRunAsUser(container, context.pod.spec) !== undefined;
    return nonRootChange(fate, hasUser, context.known(container), context);
  },
});

type NonRootFate = UserFate & { kind: 'nonRoot' };
type NonRootChange = Change<Container, 'knownUser' | 'platformUser', never>;

/** The change that most containers get, by what gives the user: the policy's intent, or what is known of the image. */
const usualChanges = new WeakMap<NonRootIntent | Known, NonRootChange>();

function nonRootChange(
  fate: NonRootFate,
  hasUser: boolean,
  known: Known,
  { nonRoot }: Context,
): NonRootChange {
  const isKnown = !hasUser && fate.runAsUser !== undefined && fate.runAsUser === known.runAsUser;
  const giver = isKnown ? known : nonRoot;
  const isUsual = !hasUser && fate.runAsNonRoot && giver !== undefined;
  const usual = isUsual ? usualChanges.get(giver) : undefined;
  if (usual !== undefined) return usual;
  const securityContext = {
    ...(fate.runAsNonRoot && { runAsNonRoot: true }),
    ...(fate.runAsUser !== undefined && { runAsUser: fate.runAsUser }),
  };
  const made = constantChange<Container, 'knownUser' | 'platformUser'>(
    { securityContext },
    hasUser ? undefined : noteUser(fate, isKnown ? known : undefined),
  );
  if (isUsual) usualChanges.set(giver, made);
  return made;
}

function noteUser(fate: NonRootFate, known: Known | undefined) {
  if (known !== undefined) return noteWithSource('knownUser', known.sources.runAsUser);
  return fate.runAsUser === undefined ? platformUser : undefined;
}

const platformUser = { notes: ['platformUser' as const] };

/** An image's default user there is often ContainerAdministrator, which the kubelet then refuses. */
function hardenOnWindows(container: Container, { pod }: Context) {
  const nonRoot = effectiveRunAsNonRoot(container, pod.spec);
  if (nonRoot === true) return keep();
  if (nonRoot === false) return skip('rootAllowed');
  // Windows does not look at it, but a pod that does not say its system may land on Linux.
  if (effectiveRunAsUser(container, pod.spec) === 0) return skip('root');
  const user = windowsUserName(container, pod.spec);
  if (user === undefined || user.toLowerCase() === 'containeradministrator') return skip('windowsUser');
  return constantChange<Container>({ securityContext: { runAsNonRoot: true } });
}
