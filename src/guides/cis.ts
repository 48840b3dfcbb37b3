import type { Guide, GuideItem } from './guide.js';
import {
  addsNoCapabilities,
  hasNoSecretVariables,
  isNoHostProcess,
  lacksNetRaw,
} from './questions/containers.js';
import { hasNetworkPolicy } from './questions/network.js';
import { avoidsDefaultNamespace, mountsNoHostPath } from './questions/pod.js';

const roles = 'roles and bindings: kubectl get clusterrolebindings,rolebindings -A -o wide';

/** Items of 5.1 that are about roles alone. */
const access: readonly GuideItem[] = [
  { id: '5.1.1', asks: 'cluster-admin only where it is required' },
  { id: '5.1.2', asks: 'few who may read Secrets' },
  { id: '5.1.3', asks: 'few wildcards in roles' },
  { id: '5.1.4', asks: 'few who may create pods' },
].map(roleItem);

const moreAccess: readonly GuideItem[] = [
  { id: '5.1.7', asks: 'nobody in the group system:masters' },
  { id: '5.1.8', asks: 'few who may bind, impersonate or escalate' },
  { id: '5.1.9', asks: 'few who may create persistent volumes' },
  { id: '5.1.10', asks: 'few who may use the proxy of nodes' },
  { id: '5.1.11', asks: 'few who may approve certificate signing requests' },
  { id: '5.1.12', asks: 'few who may change webhook configurations' },
  { id: '5.1.13', asks: 'few who may create tokens of service accounts' },
].map(roleItem);

function roleItem(item: { readonly id: string; readonly asks: string }): GuideItem {
  const why = 'who is taken over must not take the cluster along';
  return { ...item, section: '5.1 RBAC and Service Accounts', why, outside: roles };
}

/** Section 5 of the CIS Kubernetes Benchmark. */
export const cis: Guide = {
  id: 'cis',
  title: 'the CIS Kubernetes Benchmark, section 5 (Policies)',
  source:
    'CIS Kubernetes Benchmark, version 1.10.0, section 5 (https://www.cisecurity.org/benchmark/kubernetes)',
  remark:
    'All recommendations of the section, by their numbers; most of 5.1 are about roles, and not about pods.',
  items: [
    ...access,
    {
      id: '5.1.5',
      section: '5.1 RBAC and Service Accounts',
      asks: 'the service account default is not used',
      why: 'rights that one workload is given would be those of all',
      controls: [{ control: 'managementPlane', codes: ['token'] }],
    },
    {
      id: '5.1.6',
      section: '5.1 RBAC and Service Accounts',
      asks: 'tokens are mounted only where they are needed',
      why: 'an attacker would use them against the cluster',
      controls: [{ control: 'managementPlane', codes: ['token', 'projectedToken'] }],
    },
    ...moreAccess,
    {
      id: '5.2.1',
      section: '5.2 Pod Security Standards',
      asks: 'a mechanism that holds pods to a policy, in every namespace with workloads',
      why: 'nothing limits pods otherwise',
      outside:
        'the label podtemper.io/mode of each namespace, and pod-security.kubernetes.io/enforce beside it',
    },
    {
      id: '5.2.2',
      section: '5.2 Pod Security Standards',
      asks: 'no privileged containers',
      why: 'they have the powers of root on the node',
      controls: ['privileged'],
    },
    {
      id: '5.2.3',
      section: '5.2 Pod Security Standards',
      asks: "not the host's process namespace",
      why: 'it would see and signal the processes of the node',
      controls: [{ control: 'hostNamespaces', codes: ['hostPID'] }],
    },
    {
      id: '5.2.4',
      section: '5.2 Pod Security Standards',
      asks: "not the host's IPC namespace",
      why: 'it would share memory with processes of the node',
      controls: [{ control: 'hostNamespaces', codes: ['hostIPC'] }],
    },
    {
      id: '5.2.5',
      section: '5.2 Pod Security Standards',
      asks: "not the host's network namespace",
      why: "it would reach the node's loopback and see its traffic",
      controls: [{ control: 'hostNamespaces', codes: ['hostNetwork'] }],
    },
    {
      id: '5.2.6',
      section: '5.2 Pod Security Standards',
      asks: 'no privilege escalation',
      why: 'a set-user-ID program would raise the privileges of who calls it',
      controls: ['allowPrivilegeEscalation'],
    },
    {
      id: '5.2.7',
      section: '5.2 Pod Security Standards',
      asks: 'no root user',
      why: 'root in a container is close to root on the node',
      controls: ['runAsNonRoot'],
    },
    {
      id: '5.2.8',
      section: '5.2 Pod Security Standards',
      asks: 'not the capability NET_RAW',
      why: 'with it a program forges packets',
      question: lacksNetRaw,
    },
    {
      id: '5.2.9',
      section: '5.2 Pod Security Standards',
      asks: 'no capabilities added (but NET_BIND_SERVICE, which level restricted allows)',
      why: 'the default set is more than most need already',
      question: addsNoCapabilities,
    },
    {
      id: '5.2.10',
      section: '5.2 Pod Security Standards',
      asks: 'all capabilities dropped',
      why: 'each is a part of the power of root',
      controls: ['capabilities'],
    },
    {
      id: '5.2.11',
      section: '5.2 Pod Security Standards',
      asks: 'no HostProcess containers on Windows',
      why: 'they have the powers of the node',
      question: isNoHostProcess,
    },
    {
      id: '5.2.12',
      section: '5.2 Pod Security Standards',
      asks: 'no hostPath volumes',
      why: 'they lead to files of the node',
      question: mountsNoHostPath,
    },
    {
      id: '5.2.13',
      section: '5.2 Pod Security Standards',
      asks: 'no ports of the host',
      why: 'they go past NetworkPolicies',
      controls: ['hostPorts'],
    },
    {
      id: '5.3.1',
      section: '5.3 Network Policies and CNI',
      asks: 'a network plugin that enforces NetworkPolicies',
      why: 'without one they are only text',
      outside: 'the network plugin of the cluster',
    },
    {
      id: '5.3.2',
      section: '5.3 Network Policies and CNI',
      asks: 'NetworkPolicies in the namespace',
      why: 'all pods reach each other otherwise',
      question: hasNetworkPolicy,
    },
    {
      id: '5.4.1',
      section: '5.4 Secrets Management',
      asks: 'Secrets as files, not as variables',
      why: 'variables end up in logs and in child processes',
      question: hasNoSecretVariables,
    },
    {
      id: '5.4.2',
      section: '5.4 Secrets Management',
      asks: 'a store outside the cluster considered for Secrets',
      why: 'it may have access control, encryption and rotation that etcd has not',
      outside: 'the way in which Secrets come into the cluster',
    },
    {
      id: '5.5.1',
      section: '5.5 Extensible Admission Control',
      asks: 'only images that are known to be ours, by ImagePolicyWebhook',
      why: 'an image brings along what is wrong with it',
      outside: 'the admission configuration of the API server',
    },
    {
      id: '5.7.1',
      section: '5.7 General Policies',
      asks: 'namespaces as boundaries of administration',
      why: 'rights and quotas are given by namespace',
      outside: 'the namespaces of the cluster, and who may do what there',
    },
    {
      id: '5.7.2',
      section: '5.7 General Policies',
      asks: "the runtime's seccomp profile",
      why: 'it limits the system calls, some of which lead out of the container',
      controls: ['seccompProfile'],
    },
    {
      id: '5.7.3',
      section: '5.7 General Policies',
      asks: 'a securityContext for pods and containers',
      why: 'what it does not say is as open as it can be',
      controls: [
        'allowPrivilegeEscalation',
        'capabilities',
        'readOnlyRootFilesystem',
        'runAsNonRoot',
        'seccompProfile',
      ],
    },
    {
      id: '5.7.4',
      section: '5.7 General Policies',
      asks: 'not the namespace default',
      why: 'nothing there keeps workloads apart',
      question: avoidsDefaultNamespace,
    },
  ],
};
