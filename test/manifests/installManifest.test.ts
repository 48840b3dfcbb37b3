import { describe, expect, it } from '@jest/globals';
import { labelKeys } from '../../src/kubernetes.js';
import { Manifest } from './manifests.js';

const manifest = new Manifest('manifests/install.yaml');
const namespace = 'podtemper-system';
const secret = 'podtemper-authority';
const deployment = manifest.the('Deployment');
const pod = deployment.spec?.template;
const [container] = pod?.spec?.containers ?? [];
const service = manifest.the('Service');
const { webhooks = [] } = manifest.the('MutatingWebhookConfiguration');
const [webhook] = webhooks;
const { webhooks: judging = [] } = manifest.the('ValidatingWebhookConfiguration');
const [judge, imageJudge, templateJudge] = judging;

/** Value of `--name=value` among the container's arguments. */
function flag(name: string): string | undefined {
  return container?.args?.find((argument) => argument.startsWith(`--${name}=`))?.split('=', 2)[1];
}

/** Number of the container's port of that name. */
function portNamed(name: unknown): number | undefined {
  return container?.ports?.find((port) => port.name === name)?.containerPort;
}

describe('install.yaml', () => {
  it('makes its own namespace, in which only restricted pods may run', () => {
    expect(manifest.the('Namespace', namespace).metadata?.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('puts every object that has a namespace there', () => {
    const named = manifest.objects.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(named)).toEqual(new Set([namespace]));
  });

  it('names no registry, no floating tag, and nothing of Helm', () => {
    expect(container?.image).toMatch(/^podtemper:\d+\.\d+\.\d+$/);
    expect(JSON.stringify(manifest.objects)).not.toMatch(/helm/i);
  });
});

describe('the way from the API server to the process', () => {
  it('leads from the webhook to the Service', () => {
    expect(webhook?.clientConfig.service).toEqual({
      name: service.metadata?.name,
      namespace: service.metadata?.namespace,
      path: '/mutate',
      port: service.spec?.ports?.[0]?.port,
    });
    expect(service.spec?.ports).toHaveLength(1);
    for (const { clientConfig } of judging)
      expect(clientConfig.service).toEqual(
        Object.assign({}, webhook?.clientConfig.service, { path: '/validate' }),
      );
  });

  it('leads from the Service to the pods', () => {
    expect(pod?.metadata?.labels).toMatchObject(service.spec?.selector ?? {});
    expect(deployment.spec?.selector.matchLabels).toEqual(service.spec?.selector);
    expect(Object.keys(service.spec?.selector ?? {})).not.toHaveLength(0);
  });

  it('leads from the Service to the port that the process listens on, on every address', () => {
    const port = portNamed(service.spec?.ports?.[0]?.targetPort);
    expect(flag('admission-address')).toBe(`0.0.0.0:${port}`);
    expect(port).toBeGreaterThanOrEqual(1024);
  });

  it('is trusted by what the process makes, for the name that the API server asks for', () => {
    expect(flag('server-name')).toBe(`${service.metadata?.name}.${namespace}.svc`);
    expect(flag('webhook-configuration')).toBe(manifest.the('MutatingWebhookConfiguration').metadata?.name);
    expect(flag('tls-secret')).toBe(`${namespace}/${secret}`);
    for (const { clientConfig } of [...webhooks, ...judging])
      expect(clientConfig).not.toHaveProperty('caBundle');
    expect(manifest.the('ValidatingWebhookConfiguration').metadata?.name).toBe(flag('webhook-configuration'));
  });

  it('needs nothing that is not in the cluster anyway', () => {
    const groups = manifest.objects.map(({ apiVersion }) => apiVersion.split('/').at(-2) ?? '');
    const own = ['', 'admissionregistration.k8s.io', 'apps', 'policy', 'rbac.authorization.k8s.io'];
    expect([...new Set(groups)].sort()).toEqual(own);
  });
});

describe('the webhook', () => {
  it('is called for new pods and nothing else', () => {
    expect(webhooks).toHaveLength(1);
    expect(webhook?.rules).toEqual([
      {
        apiGroups: [''],
        apiVersions: ['v1'],
        resources: ['pods'],
        operations: ['CREATE'],
        scope: 'Namespaced',
      },
    ]);
  });

  it('is called for namespaces that opted in, never for those that the cluster or it itself needs', () => {
    expect(webhook?.namespaceSelector).toEqual({
      matchExpressions: [
        { key: labelKeys.mode, operator: 'Exists' },
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['kube-system', 'kube-node-lease', 'kube-public', namespace],
        },
      ],
    });
    expect(webhook).not.toHaveProperty('objectSelector');
  });

  it('never stands in the way of a pod', () => {
    expect(webhook).toMatchObject({
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Ignore',
      matchPolicy: 'Equivalent',
      reinvocationPolicy: 'IfNeeded',
      sideEffects: 'NoneOnDryRun',
      timeoutSeconds: 2,
    });
  });
});

describe('the validating webhook', () => {
  it('is called for what the mutating one is called for, in the same namespaces', () => {
    expect(judge?.rules).toEqual(webhook?.rules);
    for (const { namespaceSelector } of judging)
      expect(namespaceSelector).toEqual(webhook?.namespaceSelector);
  });

  it('is called for updates of pods only where an image is another one', () => {
    expect(imageJudge?.rules).toMatchObject([{ resources: ['pods'], operations: ['UPDATE'] }]);
    expect(imageJudge?.matchConditions).toHaveLength(1);
  });

  it('is called for each kind whose pod template the process knows, where a person has written it', () => {
    const resources = templateJudge?.rules?.flatMap((rule) =>
      (rule.resources ?? []).map((resource) => `${rule.apiGroups?.[0]}/${resource}`),
    );
    expect(resources).toEqual([
      'apps/deployments',
      'apps/statefulsets',
      'apps/daemonsets',
      'apps/replicasets',
      'batch/jobs',
      'batch/cronjobs',
      '/replicationcontrollers',
    ]);
    expect(templateJudge?.matchConditions?.map(({ name }) => name)).toEqual([
      'podtemper-of-a-person',
      'podtemper-another-template',
    ]);
  });

  it('never stands in the way of anything while it is away', () => {
    const names = judging.map(({ name }) => name);
    expect(new Set([...names, webhook?.name]).size).toBe(names.length + 1);
    for (const one of judging) {
      expect(one).toMatchObject({
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Ignore',
        matchPolicy: 'Equivalent',
        sideEffects: one === templateJudge ? 'None' : 'NoneOnDryRun',
        timeoutSeconds: 2,
      });
    }
  });
});

describe('the rights of the process', () => {
  it('are to read what a pod does not say of its namespace, to write Events, to keep its own registration right', () => {
    expect(manifest.the('ClusterRole').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['namespaces', 'limitranges', 'resourcequotas'],
        verbs: ['get', 'list', 'watch'],
      },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] },
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
        resourceNames: [manifest.the('MutatingWebhookConfiguration').metadata?.name],
        verbs: ['get', 'list', 'watch', 'update'],
      },
    ]);
  });

  it('are, in its own namespace, one Secret and one Lease', () => {
    expect(manifest.the('Role').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: [secret],
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'update'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: [secret],
        verbs: ['get', 'create', 'update'],
      },
    ]);
    expect(manifest.objects.filter(({ kind }) => /^(Cluster)?Role$/.test(kind))).toHaveLength(2);
  });

  it('do not come with a key that everybody would have', () => {
    const { data, stringData } = manifest.the('Secret', secret);
    expect([data, stringData]).toEqual([undefined, undefined]);
  });

  it('are bound to its service account, whose token no other pod gets unasked', () => {
    const account = manifest.the('ServiceAccount');
    const { roleRef, subjects } = manifest.the('ClusterRoleBinding');
    const { name } = account.metadata ?? {};
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name, namespace: account.metadata?.namespace }]);
    expect(roleRef).toMatchObject({ kind: 'ClusterRole', name: manifest.the('ClusterRole').metadata?.name });
    const own = manifest.the('RoleBinding');
    expect(own.subjects).toEqual(subjects);
    expect(own.roleRef).toMatchObject({ kind: 'Role', name: manifest.the('Role').metadata?.name });
    expect(account.automountServiceAccountToken).toBe(false);
    expect(pod?.spec).toMatchObject({ serviceAccountName: name, automountServiceAccountToken: true });
  });
});

describe('its pods', () => {
  it('are as hard as those that it hardens', () => {
    expect(pod?.spec?.containers).toHaveLength(1);
    expect(pod?.spec).not.toHaveProperty('initContainers');
    expect(pod?.spec?.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod?.spec).not.toHaveProperty(field);
    expect(container?.ports?.some(({ hostPort }) => hostPort !== undefined)).toBe(false);
  });

  it('mount nothing', () => {
    expect(pod?.spec).not.toHaveProperty('volumes');
    expect(container).not.toHaveProperty('volumeMounts');
  });

  it('are asked for readiness and health on the operations port, which the kubelet can reach', () => {
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'operations' });
    expect(container?.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'operations' });
    expect(flag('operations-address')).toBe(`0.0.0.0:${portNamed('operations')}`);
  });

  it('run the server and get no settings from the environment', () => {
    expect(container?.args?.[0]).toBe('serve');
    expect(container).not.toHaveProperty('command');
    expect(container).not.toHaveProperty('env');
    expect(pod?.spec?.enableServiceLinks).toBe(false);
  });

  it('are two, replaced and drained one at a time', () => {
    expect(deployment.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { spec: { terminationGracePeriodSeconds: 30 } },
    });
    const { selector, maxUnavailable } = manifest.the('PodDisruptionBudget').spec ?? {};
    expect(maxUnavailable).toBe(1);
    expect(selector).toEqual(deployment.spec?.selector);
  });

  it('are kept apart, on nodes and in zones', () => {
    const labelSelector = deployment.spec?.selector;
    const podAffinityTerm = { topologyKey: 'kubernetes.io/hostname', labelSelector };
    const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm }] };
    expect(pod?.spec).toMatchObject({
      affinity: { podAntiAffinity: preferred },
      topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', labelSelector }],
    });
  });

  it('have a memory limit and no CPU limit', () => {
    expect(container?.resources?.limits).toEqual({ memory: '512Mi' });
    expect(Object.keys(container?.resources?.requests ?? {}).sort()).toEqual(['cpu', 'memory']);
  });
});
