import type { Guide } from './guide.js';
import { keepsAppArmor } from './questions/containers.js';
import { hasNoRootGroup } from './questions/pod.js';

/** The pod section of the hardening guide by NSA and CISA. */
export const nsaCisa: Guide = {
  id: 'nsa-cisa',
  title: 'the Kubernetes Hardening Guide of NSA and CISA, its section on pods',
  source:
    'Kubernetes Hardening Guide, version 1.2, August 2022, "Kubernetes Pod security" (https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF)',
  remark: 'The guide does not number its recommendations: the numbers are ours, in its order.',
  items: [
    {
      id: '1',
      section: 'Non-root containers and rootless container engines',
      asks: 'a user other than root',
      why: 'most programs need no privileges, and root in a container is close to root on the node',
      controls: ['runAsNonRoot'],
    },
    {
      id: '2',
      section: 'Non-root containers and rootless container engines',
      asks: "not a member of root's group",
      why: "files of root's group would be open to it",
      question: hasNoRootGroup,
    },
    {
      id: '3',
      section: 'Immutable container file systems',
      asks: 'a read-only root file system, with volumes where it writes',
      why: 'an attacker can neither change files nor download tools',
      controls: ['readOnlyRootFilesystem'],
    },
    {
      id: '4',
      section: 'Building secure container images',
      asks: 'images from trusted repositories, scanned for known faults',
      why: 'an image brings along what was wrong with it',
      outside: 'the build pipeline, and an admission controller that verifies signatures',
    },
    {
      id: '5',
      section: 'Pod security enforcement',
      asks: 'no privileged containers',
      why: 'a privileged container has the powers of root on the node',
      controls: ['privileged'],
    },
    {
      id: '6',
      section: 'Pod security enforcement',
      asks: "not the host's network, process or IPC namespace",
      why: 'what is shared with the node is not kept apart from it',
      controls: ['hostNamespaces'],
    },
    {
      id: '7',
      section: 'Pod security enforcement',
      asks: 'no sensitive directories of the host, nor the socket of its container runtime',
      why: 'they lead to the node',
      controls: ['hostPath', 'runtimeSocket'],
    },
    {
      id: '8',
      section: 'Pod security enforcement',
      asks: 'no privilege escalation',
      why: 'a set-user-ID program would raise the privileges of who calls it',
      controls: ['allowPrivilegeEscalation'],
    },
    {
      id: '9',
      section: 'Pod security enforcement',
      asks: 'no capabilities but the ones it needs',
      why: 'each is a part of the power of root',
      controls: ['capabilities', 'dangerousCapabilities'],
    },
    {
      id: '10',
      section: 'Protecting Pod service account tokens',
      asks: 'no token where the application does not talk to the API server',
      why: 'an attacker would use it against the cluster',
      controls: [{ control: 'managementPlane', codes: ['token', 'projectedToken'] }],
    },
    {
      id: '11',
      section: 'Hardening container environments',
      asks: 'a seccomp profile',
      why: 'it limits the system calls, some of which lead out of the container',
      controls: ['seccompProfile'],
    },
    {
      id: '12',
      section: 'Hardening container environments',
      asks: 'AppArmor, where the node has it, is not switched off',
      why: 'it limits what a program may touch',
      question: keepsAppArmor,
    },
    {
      id: '13',
      section: 'Hardening container environments',
      asks: 'a hypervisor or a sandbox between container and kernel, where the workload is not trusted',
      why: 'a fault of the kernel is then not enough to break out',
      outside: 'runtimeClassName, once the nodes offer a runtime of that kind',
    },
  ],
};
