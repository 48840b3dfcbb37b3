import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  V1MutatingWebhookConfiguration,
  V1PodList,
  V1Secret,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';
import type { Cluster } from './cluster.js';
import { commandOutput } from './commands.js';
import { defineCustomResources } from './customResources.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = `${root}manifests/chart`;

interface KubernetesObject {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec?: unknown;
  data?: Record<string, string>;
}

type Registration = V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration;
const objectsOf = (manifest: string) =>
  parseAllDocuments(manifest).map((document) => document.toJS() as KubernetesObject);

const idOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;

/** What a ServiceMonitor selects. */
function matchLabelsOf(monitor: KubernetesObject | undefined): Record<string, string> {
  const { selector } = Object(monitor?.spec) as { selector: { matchLabels: Record<string, string> } };
  return selector.matchLabels;
}

/** A policy as a chart value, once as an object and once as text. */
const policy = { apiVersion: 'podtemper.io/v1alpha1', kind: 'HardeningPolicy', metadata: { name: 'strict' } };
const policies = { strict: policy, text: `# kept\n${JSON.stringify(policy)}\n` };

const authority = ['-----BEGIN CERTIFICATE-----', 'AAAA', '-----END CERTIFICATE-----', ''].join('\n');

describe('the chart', () => {
  const namespace = `chart-${randomUUID().slice(0, 8)}`;
  // The name of what has no namespace too, so that an install by another test is not in the way.
  const release = `${namespace}-podtemper`;
  let cluster: Cluster;
  let forgetCustomResources = async () => {};

  beforeAll(async () => {
    cluster = await connect();
    forgetCustomResources = await defineCustomResources(cluster);
    await cluster.createNamespace(namespace, {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
  });

  afterAll(async () => {
    await cluster.helm(['uninstall', release, '--namespace', namespace, '--ignore-not-found']);
    await cluster.requestOk('DELETE', `/api/v1/namespaces/${namespace}`);
    await forgetCustomResources();
    cluster.close();
  });

  /** Standard output of a helm command that must succeed. */
  async function helm(command: readonly string[], values: Record<string, unknown> = {}): Promise<string> {
    const args = [...command, '--namespace', namespace, '--values', '-'];
    const { code, stdout, stderr } = await cluster.helm(args, { input: JSON.stringify(values) });
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Has the API server judge the objects without storing them. */
  async function dryRun(manifest: string) {
    return cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], { input: manifest });
  }

  const render = async (values: Record<string, unknown>) =>
    objectsOf(await helm(['template', release, chart], values));

  const secrets = () => `/api/v1/namespaces/${namespace}/secrets`;
  const registrationPaths = ['mutating', 'validating'].map(
    (kind) => `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/${release}`,
  );

  it('satisfies helm lint', async () => {
    await helm(['lint', '--strict', chart]);
    await helm(['lint', '--strict', chart], { policies, tls: { certManager: { enabled: true } } });
  });

  const cases: [string, Record<string, unknown>][] = [
    ['its defaults', {}],
    ['a Secret of the user', { tls: { existingSecret: 'own', caBundle: authority } }],
    ['a Secret of the user, the authority unknown', { tls: { existingSecret: 'own' } }],
    ['cert-manager', { tls: { certManager: { enabled: true } } }],
    [
      'an issuer of the user',
      { tls: { certManager: { enabled: true, issuerRef: { name: 'ours', kind: 'ClusterIssuer' } } } },
    ],
    ['the shortest lives', { tls: { selfManaged: { authorityLife: '20s', certificateLife: '5s' } } }],
    ['the longest lives', { tls: { selfManaged: { authorityLife: '3650d', certificateLife: '21900h' } } }],
    ['policies', { policies }],
    ['no validation', { webhook: { validation: { enabled: false } } }],
    ['validation Fail', { webhook: { validation: { failurePolicy: 'Fail' } } }],
    ['no Events', { events: { enabled: false } }],
    ['failurePolicy Fail', { webhook: { failurePolicy: 'Fail', timeoutSeconds: 5 } }],
    ['ephemeral containers', { webhook: { ephemeralContainers: true } }],
    [
      'conditions and selectors',
      {
        webhook: {
          matchConditions: [{ name: 'not-a-job', expression: '!has(object.metadata.labels.job)' }],
          objectSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
          excludedNamespaces: ['kube-system', 'monitoring'],
        },
      },
    ],
    ['one replica, no budget', { replicas: 1, podDisruptionBudget: { enabled: false } }],
    [
      'metrics, rules and dashboard',
      {
        metrics: {
          service: { enabled: true, annotations: { 'prometheus.io/scrape': 'true' } },
          serviceMonitor: {
            enabled: true,
            namespace,
            labels: { release: 'p' },
            interval: '15s',
          },
          prometheusRule: { enabled: true, namespace, labels: { release: 'p' } },
          dashboard: { enabled: true, annotations: { folder: 'security' } },
        },
      },
    ],
    ['a NetworkPolicy', { networkPolicy: { enabled: true } }],
    [
      'a NetworkPolicy for certain addresses',
      {
        networkPolicy: {
          enabled: true,
          apiServer: ['10.0.0.1/32', 'fd00::1/128'],
          apiServerPorts: [6443],
          operationsFrom: [
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
          ],
        },
      },
    ],
    ['certain callers', { admission: { callers: { configMap: 'callers', names: ['kube-apiserver'] } } }],
    ['loopback for operations', { operations: { address: '127.0.0.1:9090' } }],
    ['a user ID of the platform', { runAsUser: null }],
    [
      'all the small things',
      {
        admission: { address: '[::]:9443' },
        affinity: { nodeAffinity: {} },
        commonLabels: { team: 'blue', 'app.kubernetes.io/name': 'not-this' },
        image: { repository: 'registry.invalid/podtemper', digest: `sha256:${'0'.repeat(64)}` },
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        podAnnotations: { 'example.com/scrape': 'true' },
        podLabels: { tier: 'security' },
        priorityClassName: 'system-cluster-critical',
        service: { annotations: { 'example.com/a': 'b' } },
        serviceAccount: { annotations: { 'example.com/a': 'b' } },
        tolerations: [{ operator: 'Exists' }],
        topologySpreadConstraints: [
          { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
        ],
        webhook: { annotations: { 'example.com/a': 'b' } },
      },
    ],
  ];

  const isUnjudged = ({ webhook }: Record<string, unknown>) =>
    JSON.stringify(webhook ?? {}).includes('"validation":{"enabled":false}');

  it.each(cases)('is accepted by the API server with %s', async (_title, values) => {
    const { code, stdout, stderr } = await dryRun(await helm(['template', release, chart], values));
    expect(stderr).toBe(''); // a warning would say that its pods are not restricted
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mutatingwebhookconfiguration\S* created \(server dry run\)/m);
    expect(/^validatingwebhookconfiguration/m.test(stdout)).toBe(!isUnjudged(values));
  });

  it.each([
    ['ServiceMonitor', 'endpoints:', 'endpoint:'],
    ['PrometheusRule', 'expr:', 'expression:'],
    ['Certificate', 'dnsNames:', 'dnsNamed:'],
    ['Issuer', 'selfSigned:', 'selfMade:'],
  ])('is refused where a field of a %s is misspelt', async (kind, field, misspelt) => {
    const values = {
      tls: { certManager: { enabled: true } },
      metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
    };
    const rendered = (await helm(['template', release, chart], values)).split(/^---$/m);
    const object = rendered.find((text) => text.includes(`\nkind: ${kind}\n`) && text.includes(field)) ?? '';
    expect((await dryRun(object)).code).toBe(0);
    const { code, stderr } = await dryRun(object.replaceAll(field, misspelt));
    expect([code, stderr]).toEqual([1, expect.stringContaining(misspelt.replace(':', ''))]);
  });

  it('hands over authority and policies as they were given', async () => {
    const caBundle = Buffer.from(authority).toString('base64');
    for (const given of [authority, caBundle]) {
      const values = { policies, tls: { existingSecret: 'own', caBundle: given } };
      const rendered = await helm(['template', release, chart], values);
      expect(rendered).toContain(`caBundle: ${caBundle}\n`);
      expect(rendered).toContain('  text.yaml: |\n    # kept\n    {"apiVersion"');
      expect(rendered).not.toContain('kind: Secret');
      expect(rendered).not.toContain('kind: Role\n'); // nothing to write
    }
  });

  it('has cert-manager make what the pods mount and the API server trusts', async () => {
    const values = { tls: { certManager: { enabled: true } } };
    const rendered = await helm(['template', release, chart], values);
    const objects = objectsOf(rendered);
    const certificate = objects.find(
      ({ kind, metadata }) => kind === 'Certificate' && metadata.name === release,
    );
    const registrations = objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration'));
    expect(certificate?.spec).toMatchObject({
      secretName: `${release}-tls`,
      dnsNames: [`${release}.${namespace}.svc`],
    });
    expect(registrations).toHaveLength(2);
    for (const { metadata } of registrations) {
      expect(metadata.annotations).toEqual({
        'cert-manager.io/inject-ca-from': `${namespace}/${release}`,
      });
    }
    expect(rendered).toMatch(/- name: tls\n +mountPath: \/etc\/podtemper\/tls\n +readOnly: true\n/);
    expect(rendered).toContain(`secretName: ${release}-tls\n            defaultMode: 0440\n`);
    expect(rendered).not.toMatch(/kind: (Role|Secret)\n/);
  });

  it('has Prometheus scrape the Service that is there for it alone, and check all alerts', async () => {
    const values = { metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } } };
    const objects = await render(values);
    const named = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name);
    const service = named('Service', `${release}-metrics`);
    expect(service?.metadata.labels).toMatchObject(matchLabelsOf(named('ServiceMonitor', release)));
    expect(named('Service', release)?.metadata.labels).not.toMatchObject(
      matchLabelsOf(named('ServiceMonitor', release)),
    );
    const { groups } = parse(await readFile(`${chart}/files/rules.yaml`, 'utf8')) as { groups: unknown };
    expect(named('PrometheusRule', release)?.spec).toEqual({ groups });
  });

  it('has Grafana show the dashboard of manifests/dashboards', async () => {
    const objects = await render({ metrics: { dashboard: { enabled: true } } });
    const dashboard = objects.find(({ metadata }) => metadata.name === `${release}-dashboard`);
    expect(dashboard?.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(JSON.parse(dashboard?.data?.['podtemper.json'] ?? '')).toEqual(
      JSON.parse(await readFile(`${root}manifests/dashboards/podtemper.json`, 'utf8')),
    );
  });

  it('renders none of that unless it is asked to', async () => {
    const kinds = (await render({})).map(({ kind }) => kind);
    for (const kind of ['ServiceMonitor', 'PrometheusRule', 'NetworkPolicy', 'ConfigMap'])
      expect(kinds).not.toContain(kind);
  });

  it('has the process ask callers for a certificate of the authorities in a ConfigMap', async () => {
    const rendered = await helm(['template', release, chart], {
      admission: { callers: { configMap: 'callers', key: 'callers.crt', names: ['a', 'b'] } },
    });
    expect(rendered).toMatch(/- --client-ca=\/etc\/podtemper\/callers\/callers\.crt\n/);
    expect(rendered).toMatch(/- --client-name=a\n +- --client-name=b\n/);
    expect(rendered).toMatch(/- name: callers\n +mountPath: \/etc\/podtemper\/callers\n/);
    expect(rendered).toMatch(/- name: callers\n +configMap:\n +name: callers\n/);
  });

  it('has the kubelet ask the admission listener where the other one is on loopback', async () => {
    const rendered = await helm(['template', release, chart], { operations: { address: '127.0.0.1:9090' } });
    for (const path of ['/readyz', '/healthz']) {
      expect(rendered).toMatch(
        new RegExp(`httpGet:\\n +path: ${path}\\n +port: admission\\n +scheme: HTTPS\\n`),
      );
    }
  });

  it("takes the authority from the user's Secret where it is not told otherwise", async () => {
    const data = { 'ca.crt': 'Y2E=', 'tls.crt': '', 'tls.key': '' };
    await cluster.requestOk('POST', secrets(), { metadata: { name: 'with-ca' }, data });
    const command = ['template', release, chart, '--dry-run=server'];
    expect(await helm(command, { tls: { existingSecret: 'with-ca' } })).toContain('caBundle: Y2E=');
  });

  it.each([
    [
      'an authority without a Secret',
      { tls: { caBundle: authority } },
      /tls\.caBundle: expected together with/,
    ],
    [
      'one port for both listeners',
      { operations: { address: '0.0.0.0:8443' } },
      /operations\.address: expected another port/,
    ],
    [
      'metrics that nobody reaches',
      { operations: { address: '127.0.0.1:8080' }, metrics: { serviceMonitor: { enabled: true } } },
      /metrics: expected operations\.address to be reachable/,
    ],
    [
      'callers that nobody vouches for',
      { admission: { callers: { names: ['kube-apiserver'] } } },
      /admission\.callers\.names: expected admission\.callers\.configMap/,
    ],
    [
      'certificates that outlive the time to hand over',
      { tls: { selfManaged: { authorityLife: '90d' } } },
      /tls\.selfManaged\.certificateLife: expected a quarter of authorityLife at most, found 30d of 90d/,
    ],
    [
      'an authority for longer than the program makes one',
      { tls: { selfManaged: { authorityLife: '9999d' } } },
      /tls\.selfManaged\.authorityLife: expected a time from 5s to 3650d, found 9999d/,
    ],
    [
      'certificates for less than the program makes one',
      { tls: { selfManaged: { certificateLife: '4s' } } },
      /tls\.selfManaged\.certificateLife: expected a time from 5s to 3650d, found 4s/,
    ],
    ['a misspelt value', { webhook: { failurePolice: 'Fail' } }, /failurePolice/],
  ])('refuses %s', async (_title, values, reason) => {
    await expect(helm(['template', release, chart], values)).rejects.toThrow(reason);
  });

  it('installs pods that a restricted namespace admits', async () => {
    const notes = await helm(['install', release, chart]);
    expect(notes).toContain('namespaces opt in');
    expect(notes).toContain(`Secret ${release}-authority`);
    const selector = encodeURIComponent(`app.kubernetes.io/instance=${release}`);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
    await waitUntil('both pods of the Deployment', async () => {
      return (await cluster.requestOk<V1PodList>('GET', path)).items.length === 2;
    });
  });

  it('leaves on upgrades what the pods have written', async () => {
    const [authoritySecret, caBundle] = [`${secrets()}/${release}-authority`, 'Y2E='];
    await cluster.requestOk('PATCH', authoritySecret, { data: { 'ca.crt': caBundle } });
    for (const path of registrationPaths) {
      const registration = await cluster.requestOk<Registration>('GET', path);
      for (const webhook of registration.webhooks ?? []) webhook.clientConfig.caBundle = caBundle;
      await cluster.requestOk('PUT', path, registration);
    }
    await helm(['upgrade', release, chart], { webhook: { timeoutSeconds: 3 } });
    const { data } = await cluster.requestOk<V1Secret>('GET', authoritySecret);
    expect(data).toEqual({ 'ca.crt': caBundle });
    for (const path of registrationPaths) {
      const { webhooks = [] } = await cluster.requestOk<Registration>('GET', path);
      expect(webhooks.length).toBeGreaterThan(0);
      for (const webhook of webhooks)
        expect(webhook).toMatchObject({ timeoutSeconds: 3, clientConfig: { caBundle } });
    }
    const { code } = await cluster.helm(['uninstall', release, '--namespace', namespace]);
    expect(code).toBe(0);
    expect((await cluster.request('GET', authoritySecret)).status).toBe(404);
  });

  it('is what manifests/install.yaml was made from', async () => {
    const script = `${root}scripts/installManifest.ts`;
    await commandOutput(process.execPath, ['--import', 'tsx', script, '--check'], { directory: root });
  });

  it('is a base for kustomize: the objects of manifests/install.yaml', async () => {
    const { code, stdout } = await cluster.kubectl(['kustomize', `${root}manifests`]);
    expect(code).toBe(0);
    const installed = await readFile(`${root}manifests/install.yaml`, 'utf8');
    const byName = (manifest: string) =>
      objectsOf(manifest).toSorted((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
    expect(byName(stdout)).toEqual(byName(installed));
  });

  it('is accepted by the API server as manifests/install.yaml', async () => {
    const manifest = await readFile(`${root}manifests/install.yaml`, 'utf8');
    const { code, stderr } = await dryRun(manifest.replaceAll('podtemper-system', namespace));
    expect(stderr).not.toMatch(/error|would violate/i);
    expect(code).toBe(0);
  });
});
