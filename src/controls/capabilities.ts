import * as z from 'zod';
import type { Container } from '../kubernetes.js';
import type { Context } from './kit/context.js';
import { change, constantChange, keep, skip, sourcesOf } from './kit/decision.js';
import { defineContainerControl } from './kit/define.js';
import { declaresLowPort, listensOnLowPort } from './kit/ports.js';
import { addsCapability, canonicalCapability } from './kit/security.js';
import { staysRoot } from './kit/user.js';

/** Takes away the capabilities that runtimes give by default and hardly any program needs. */
export const capabilities = defineContainerControl({
  id: 'capabilities',
  level: 'restricted',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary:
      'Drops ALL capabilities and keeps those that the container adds; adds NET_BIND_SERVICE where it declares a ' +
      'port below 1024 or its image is known to need it.',
    why: 'A process that is taken over holds only the powers that were asked for by name.',
    mayBreak:
      'Entrypoints that chown files or step down from root (gosu, su-exec), and binaries with file capabilities, ' +
      'which then fail to start: "operation not permitted".',
    remedy: 'securityContext.capabilities.add: [<the capability it needs>]',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  },
  writes: [
    'containers[*].securityContext.capabilities.drop',
    'containers[*].securityContext.capabilities.add',
  ],
  skips: {
    addsAll: 'it adds ALL capabilities, and the runtime would drop them all again',
    staysRoot: 'it goes on as root, and its image then needs capabilities to change owners and step down',
  },
  notes: {
    addsKept: 'the capabilities that the container adds are kept; the others it had by default are gone',
    netBindService: 'NET_BIND_SERVICE stays, for its port below 1024 or because its image needs it to start',
  },
  options: z.strictObject({}),
  harden(container, context) {
    const { securityContext } = container;
    if (addsCapability(securityContext, 'ALL')) return skip('addsAll');
    if (securityContext?.capabilities?.drop?.includes('ALL')) return keep();
    if (needsRootsCapabilities(container, context)) return skip('staysRoot');
    return dropKeeping(container, context);
  },
});

/** Whether the entrypoint of its image would fail without what root has by default. A container that says which
 *  capabilities it needs, or that it needs none, is taken at its word. */
function needsRootsCapabilities(container: Container, context: Context): boolean {
  if (!context.known(container).stepsDown) return false;
  const { add, drop } = container.securityContext?.capabilities ?? {};
  const saysSo = (add?.length ?? 0) > 0 || drop?.map(canonicalCapability).includes('ALL') === true;
  return !saysSo && staysRoot(container, context);
}

function dropKeeping(container: Container, context: Context) {
  const own = container.securityContext?.capabilities?.add;
  const missing = missingCapabilities(container, context);
  const addsOwn = own != null && own.length > 0;
  const addsMissing = missing.length > 0;
  if (!addsOwn && !addsMissing) return dropAll;
  const notes = [
    ...(addsOwn ? ['addsKept' as const] : []),
    ...(addsMissing ? ['netBindService' as const] : []),
  ];
  return change<Container, (typeof notes)[number]>(
    { securityContext: { capabilities: { drop: ['ALL'], ...(addsMissing && { add: missing }) } } },
    { notes, ...(addsMissing && sourceOf(container, context)) },
  );
}

/** Where it is known from that the container needs NET_BIND_SERVICE, where it does not say so itself. */
function sourceOf(container: Container, context: Context) {
  if (declaresLowPort(container)) return undefined;
  const { keepCapabilities, sources } = context.known(container);
  const source = keepCapabilities.length > 0 ? sources.keepCapabilities : sources.lowPorts;
  return { sources: sourcesOf(['netBindService', source]) };
}

const dropAll = constantChange<Container>({ securityContext: { capabilities: { drop: ['ALL'] } } });

/** What dropping ALL would take and the container cannot do without. A drop by name stays the container's word. */
function missingCapabilities(container: Container, context: Context): readonly string[] {
  const { keepCapabilities } = context.known(container);
  const listens = listensOnLowPort(container, context);
  if (keepCapabilities.length === 0 && !listens) return nothing;
  const needed = new Set([...keepCapabilities, ...(listens ? ['NET_BIND_SERVICE'] : [])]);
  const dropped = container.securityContext?.capabilities?.drop?.map(canonicalCapability) ?? [];
  // Runtimes read `all` as ALL: whoever wrote it meant to be left with nothing.
  if (dropped.includes('ALL')) return nothing;
  return [...needed].filter(
    (name) => !addsCapability(container.securityContext, name) && !dropped.includes(name),
  );
}

const nothing: readonly string[] = [];
