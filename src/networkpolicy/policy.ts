/** A NetworkPolicy, as much of it as is made here. */
export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes: readonly ['Ingress', 'Egress'];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly unknown[];
}

/** One way that is open: from or to whom, and on which ports. */
export interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
}

export interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface Port {
  readonly protocol: string;
  readonly port?: number;
  readonly endPort?: number;
}

/** A NetworkPolicy and why it is as it is: a reason for itself, and one for each of its rules, in their order. */
export interface Proposal {
  readonly policy: NetworkPolicy;
  readonly reason: string;
  readonly ingressReasons: readonly string[];
  readonly egressReasons: readonly string[];
}

/** What is printed for one or more namespaces. */
export interface Proposals {
  /** What to know before anything is applied, a paragraph each. */
  readonly remarks: readonly string[];
  readonly proposals: readonly Proposal[];
}
