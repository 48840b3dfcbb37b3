import { type ApiServer, exceptionsOf } from './apiServer.js';
import type { Rule } from './policy.js';
import type { Workload } from './workloads.js';

/** A rule and why it is there. */
export interface Reasoned {
  readonly rule: Rule;
  readonly reason: string;
}

const sameNamespace = [{ podSelector: {} }];

/** Who may reach the workload: on the ports that it declares, and on no other. */
export function ingressFor({ ports }: Workload, exposure: string | undefined): Reasoned[] {
  if (ports.length === 0) return [];
  if (exposure !== undefined) {
    return [{ rule: { ports }, reason: `Its declared ports, from anywhere: ${exposure}.` }];
  }
  const reason =
    'Its declared ports, from the pods of this namespace. What calls it from elsewhere, such as a Prometheus, needs a rule of its own.';
  return [{ rule: { from: sameNamespace, ports }, reason }];
}

/** What the workload may reach. */
export function egressFor(workload: Workload, apiServer: ApiServer): Reasoned[] {
  return [dns, neighbours, ...apiServerFor(workload, apiServer), elsewhere(apiServer)];
}

const dns: Reasoned = {
  rule: {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
      { ipBlock: { cidr: '169.254.20.10/32' } },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  },
  reason:
    'DNS: the pods of the cluster that answer it, and the cache on the node where there is one (NodeLocal DNSCache).',
};

const neighbours: Reasoned = {
  rule: { to: sameNamespace },
  reason: 'The pods of this namespace, whose own policies say on which ports they are reached.',
};

function apiServerFor({ serviceAccount }: Workload, { blocks, ports }: ApiServer): Reasoned[] {
  if (serviceAccount === undefined || blocks.length === 0) return [];
  const rule = {
    to: blocks.map((cidr) => ({ ipBlock: { cidr } })),
    ports: ports.map((port) => ({ protocol: 'TCP', port })),
  };
  return [
    {
      rule,
      reason: `The API server, for it names the service account ${serviceAccount}. Take this out if it has no use for it.`,
    },
  ];
}

/** Ports of the kubelet and of what else serves a node: 10250, 10255 and those between. A port keeps every node out,
 *  also one that joins later; addresses would not. */
const notTheKubelets = [
  { protocol: 'TCP', port: 1, endPort: 10_249 },
  { protocol: 'TCP', port: 10_256, endPort: 65_535 },
  { protocol: 'UDP', port: 1, endPort: 65_535 },
];

function elsewhere(apiServer: ApiServer): Reasoned {
  const { v4, v6 } = exceptionsOf(apiServer);
  const rule = {
    to: [{ ipBlock: { cidr: '0.0.0.0/0', except: v4 } }, { ipBlock: { cidr: '::/0', except: v6 } }],
    ports: notTheKubelets,
  };
  const api =
    apiServer.blocks.length > 0
      ? `nor the API server (${apiServer.blocks.join(', ')})`
      : 'nor any private address (that of the API server is not known, and most likely among them)';
  const reason =
    `Everything outside, but not the metadata service of the cloud (link-local), ${api}, nor the kubelets (ports 10250 ` +
    'to 10255). Narrow it to what the workload calls, or take it out.';
  return { rule, reason };
}
