import type { Place, Question } from '../guide.js';
import { type EgressRule, limitsEgress, selectsPod } from '../networkPolicy.js';

/** Ports on which API servers listen. */
const apiServerPorts = [443, 6443];

/** Whether a program that has no business with the API server is kept from it: by a NetworkPolicy among the manifests,
 *  for a pod does not say. One that names a service account has business there. */
export const keptFromApiServer: Question = ({ metadata, spec }, { networkPolicies }) => {
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account != null && account !== '' && account !== 'default') return [];
  const policies = networkPolicies.filter(
    (policy) => limitsEgress(policy) && selectsPod(policy, metadata?.labels ?? {}),
  );
  const [first] = policies;
  if (first === undefined) return [unreached('not among the manifests, or none that limits egress')];
  const isOpen = policies.some(({ egress }) => egress?.some(mayReachApiServer));
  return isOpen ? [unreached('open to any address, the API server among them')] : [];
};

function unreached(found: string): Place {
  return {
    targets: [],
    field: 'NetworkPolicy',
    found,
    write:
      'what podtemper networkpolicy prints, looked over and applied; then try curl -k https://kubernetes.default from inside',
  };
}

/** Whether the rule lets everything through to any address. A block with exceptions is taken to leave out the right
 *  ones: which addresses those are, no manifest says. */
function mayReachApiServer({ to, ports }: EgressRule): boolean {
  const isAnywhere =
    to == null ||
    to.length === 0 ||
    to.some(({ ipBlock }) => ipBlock?.cidr.endsWith('/0') === true && !ipBlock.except?.length);
  if (!isAnywhere) return false;
  if (ports == null || ports.length === 0) return true;
  return ports.some(({ protocol, port, endPort }) => {
    if (protocol != null && protocol !== 'TCP') return false;
    if (port == null) return true;
    return typeof port === 'number' && apiServerPorts.some((at) => at >= port && at <= (endPort ?? port));
  });
}

/** Whether some NetworkPolicy among the manifests is about the pod. */
export const hasNetworkPolicy: Question = ({ metadata }, { networkPolicies }) => {
  if (networkPolicies.some((policy) => selectsPod(policy, metadata?.labels ?? {}))) return [];
  const write = 'a NetworkPolicy that denies by default; podtemper networkpolicy prints one';
  return [{ targets: [], field: 'NetworkPolicy', found: 'not among the manifests', write }];
};
