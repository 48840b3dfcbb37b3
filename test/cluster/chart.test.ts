import { randomUUID, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1MutatingWebhookConfiguration, V1PodList, V1Secret } from '@kubernetes/client-node';
import type { Cluster } from './cluster.js';
import { commandOutput } from './commands.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = `${root}manifests/chart`;

/** A policy as a chart value, once as an object and once as text. */
const policy = { apiVersion: 'podtemper.io/v1alpha1', kind: 'HardeningPolicy', metadata: { name: 'strict' } };
const policies = { strict: policy, text: `# kept\n${JSON.stringify(policy)}\n` };

const authority = ['-----BEGIN CERTIFICATE-----', 'AAAA', '-----END CERTIFICATE-----', ''].join('\n');

describe('the chart', () => {
  const namespace = `chart-${randomUUID().slice(0, 8)}`;
  // The name of what has no namespace too, so that an install by another test is not in the way.
  const release = `${namespace}-podtemper`;
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await connect();
    await cluster.createNamespace(namespace, {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
  });

  afterAll(async () => {
    await cluster.helm(['uninstall', release, '--namespace', namespace, '--ignore-not-found']);
    await cluster.requestOk('DELETE', `/api/v1/namespaces/${namespace}`);
    cluster.close();
  });

  /** Standard output of a helm command that must succeed. */
  async function helm(command: readonly string[], values: Record<string, unknown> = {}): Promise<string> {
    const args = [...command, '--namespace', namespace, '--values', '-'];
    const { code, stdout, stderr } = await cluster.helm(args, { input: JSON.stringify(values) });
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Has the API server judge the objects without storing them; those of cert-manager, which it does not know,
   *  are left out. */
  async function dryRun(manifest: string) {
    const known = manifest
      .split(/^---$/m)
      .filter((object) => !object.includes('apiVersion: cert-manager.io/'));
    return cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], { input: known.join('---') });
  }

  const secrets = () => `/api/v1/namespaces/${namespace}/secrets`;
  const storedCertificate = () => cluster.requestOk<V1Secret>('GET', `${secrets()}/${release}-tls`);

  /** What the API server would trust, in base64. */
  async function trusted(): Promise<string | undefined> {
    const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${release}`;
    const { webhooks } = await cluster.requestOk<V1MutatingWebhookConfiguration>('GET', path);
    return webhooks?.[0]?.clientConfig.caBundle;
  }

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
    ['policies', { policies }],
    ['failurePolicy Fail', { webhook: { failurePolicy: 'Fail', timeoutSeconds: 5 } }],
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

  it.each(cases)('is accepted by the API server with %s', async (_title, values) => {
    const { code, stdout, stderr } = await dryRun(await helm(['template', release, chart], values));
    expect(stderr).toBe(''); // a warning would say that its pods are not restricted
    expect(code).toBe(0);
    expect(stdout).toMatch(/mutatingwebhookconfiguration\S* created \(server dry run\)/);
  });

  it('hands over authority and policies as they were given', async () => {
    const caBundle = Buffer.from(authority).toString('base64');
    for (const given of [authority, caBundle]) {
      const values = { policies, tls: { existingSecret: 'own', caBundle: given } };
      const rendered = await helm(['template', release, chart], values);
      expect(rendered).toContain(`caBundle: ${caBundle}\n`);
      expect(rendered).toContain('  text.yaml: |\n    # kept\n    {"apiVersion"');
      expect(rendered).not.toContain('kind: Secret');
    }
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
    ['a misspelt value', { webhook: { failurePolice: 'Fail' } }, /failurePolice/],
  ])('refuses %s', async (_title, values, reason) => {
    await expect(helm(['template', release, chart], values)).rejects.toThrow(reason);
  });

  it('installs pods that a restricted namespace admits, with a certificate that is kept on upgrades', async () => {
    const notes = await helm(['install', release, chart]);
    expect(notes).toContain('namespaces opt in');
    const { data = {} } = await storedCertificate();
    const [ca, leaf] = ['ca.crt', 'tls.crt'].map((key) => Buffer.from(data[key] ?? '', 'base64'));
    const issuer = new X509Certificate(ca ?? '');
    const certificate = new X509Certificate(leaf ?? '');
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.checkHost(`${release}.${namespace}.svc`)).toBeDefined();
    expect(await trusted()).toBe(data['ca.crt']);

    const selector = encodeURIComponent(`app.kubernetes.io/instance=${release}`);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
    await waitUntil('both pods of the Deployment', async () => {
      return (await cluster.requestOk<V1PodList>('GET', path)).items.length === 2;
    });

    await helm(['upgrade', release, chart], { webhook: { timeoutSeconds: 3 } });
    expect((await storedCertificate()).data).toEqual(data);
    expect(await trusted()).toBe(data['ca.crt']);

    await cluster.requestOk('DELETE', `${secrets()}/${release}-tls`);
    await helm(['upgrade', release, chart]);
    const renewed = (await storedCertificate()).data ?? {};
    expect(renewed['tls.crt']).not.toBe(data['tls.crt']);
    expect(await trusted()).toBe(renewed['ca.crt']);
  });

  it('is what manifests/install.yaml was made from', async () => {
    const script = `${root}scripts/installManifest.ts`;
    await commandOutput(process.execPath, ['--import', 'tsx', script, '--check'], { directory: root });
  });

  it('is accepted by the API server as manifests/install.yaml', async () => {
    const manifest = await readFile(`${root}manifests/install.yaml`, 'utf8');
    const { code, stderr } = await dryRun(manifest.replaceAll('podtemper-system', namespace));
    expect(stderr).not.toMatch(/error|would violate/i);
    expect(code).toBe(0);
  });
});
