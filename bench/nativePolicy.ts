/** What the API server can do by itself: a MutatingAdmissionPolicy that sets the same six fields of each container
 *  (https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/), for namespaces with the label. */
export function nativePolicy(name: string, label: string): readonly object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const context = 'Object.spec.containers.securityContext';
  // No apply configuration: it may not hold a list like `drop`.
  const expression = `lists.range(size(object.spec.containers)).map(index, JSONPatch{
    op: "add",
    path: "/spec/containers/" + string(index) + "/securityContext",
    value: ${context}{
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 1000,
      capabilities: ${context}.capabilities{drop: ["ALL"]},
      seccompProfile: ${context}.seccompProfile{type: "RuntimeDefault"}
    }})`;
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    resources: ['pods'],
    operations: ['CREATE'],
  };
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: { resourceRules: [rule] },
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        matchResources: { namespaceSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] } },
      },
    },
  ];
}
