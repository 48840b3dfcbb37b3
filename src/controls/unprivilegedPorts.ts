import { z } from 'zod';
import { change, definePodControl, keep, skip } from './kit/define.js';
import { declaresLowPort } from './kit/ports.js';
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
      'port below 1024.',
    why: 'A non-root process cannot bind a low port, and NET_BIND_SERVICE does not help it: runtimes clear it.',
    mayBreak: 'Nothing known: the sysctl is safe, namespaced, and allowed by the restricted level.',
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls',
  },
  writes: ['securityContext.sysctls'],
  skips: {
    notNeeded: 'no container that was made non-root declares a port below 1024',
    hostNetwork: 'the pod uses the host network, where the API server rejects network sysctls',
  },
  notes: {},
  options: z.strictObject({}),
  harden(pod, context) {
    if (
      !allContainers(pod).some(
        (container) => declaresLowPort(container) && becomesNonRoot(container, context),
      )
    ) {
      return skip('notNeeded');
    }
    if (pod.hostNetwork === true) return skip('hostNetwork');
    const isSet = pod.securityContext?.sysctls?.some(({ name }) => name.replaceAll('/', '.') === sysctlName);
    if (isSet) return keep();
    return change({ securityContext: { sysctls: [{ name: sysctlName, value: '0' }] } });
  },
});
