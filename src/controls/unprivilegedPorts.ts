import * as z from 'zod';
import { change, keep, noteWithSource, skip } from './kit/decision.js';
import { definePodControl } from './kit/define.js';
import { declaresLowPort, listensOnLowPort } from './kit/ports.js';
import { allContainers, becomesNonRoot } from './kit/user.js';

const sysctlName = 'net.ipv4.ip_unprivileged_port_start';

/** Lets a container that we made non-root go on listening on its port below 1024. */
export const unprivilegedPorts = definePodControl({
  id: 'unprivilegedPorts',
  level: 'extra',
  os: 'linux',
  defaultMode: 'enforce',
  docs: {
    summary:
      'Sets the sysctl net.ipv4.ip_unprivileged_port_start to 0 where a container that was made non-root declares a ' +
      'port below 1024, or its image is known to listen on one.',
    why: 'A non-root process cannot bind a low port, and NET_BIND_SERVICE does not help it: runtimes clear it.',
    mayBreak: 'Nothing known: the sysctl is safe, namespaced, and allowed by the restricted level.',
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls',
  },
  writes: ['securityContext.sysctls'],
  skips: {
    notNeeded: 'no container that was made non-root declares, or is known to listen on, a port below 1024',
    hostNetwork: 'the pod uses the host network, where the API server rejects network sysctls',
  },
  notes: {
    knownPort: 'no port below 1024 is declared, but the image is known to listen on one',
  },
  options: z.strictObject({}),
  harden(pod, context) {
    const listening = allContainers(pod).filter(
      (container) => listensOnLowPort(container, context) && becomesNonRoot(container, context),
    );
    const [first] = listening;
    if (first === undefined) return skip('notNeeded');
    if (pod.hostNetwork === true) return skip('hostNetwork');
    const isSet = pod.securityContext?.sysctls?.some(({ name }) => name.replaceAll('/', '.') === sysctlName);
    if (isSet) return keep();
    const note = listening.some(declaresLowPort)
      ? undefined
      : noteWithSource('knownPort', context.known(first).sources.lowPorts);
    return change({ securityContext: { sysctls: [{ name: sysctlName, value: '0' }] } }, note);
  },
});
