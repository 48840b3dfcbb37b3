import { X509Certificate } from 'node:crypto';
import type {
  V1MutatingWebhookConfiguration,
  V1Secret,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { barePod, dryRun, hardenedAnnotation } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation } from './installation.js';

/** What an installation that makes its certificates itself has left in the cluster. */
export class SharedState {
  readonly secretPath: string;
  readonly leasePath: string;
  readonly registrationPaths: readonly string[];
  readonly #cluster: Cluster;

  constructor(cluster: Cluster, { namespace, release }: Pick<Installation, 'namespace' | 'release'>) {
    this.#cluster = cluster;
    this.secretPath = `/api/v1/namespaces/${namespace}/secrets/${release}-authority`;
    this.leasePath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${release}-authority`;
    this.registrationPaths = ['mutating', 'validating'].map(
      (kind) => `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/${release}`,
    );
  }

  /** Data of the Secret, decoded; none where it is missing. */
  async texts(): Promise<Record<string, string>> {
    const { body } = await this.#cluster.request<V1Secret>('GET', this.secretPath);
    const decode = (text: string) => Buffer.from(text, 'base64').toString();
    return Object.fromEntries(Object.entries(body.data ?? {}).map(([key, text]) => [key, decode(text)]));
  }

  /** The authorities that the replicas share. */
  async authorities(): Promise<X509Certificate[]> {
    const { 'ca.crt': bundle = '' } = await this.texts();
    return certificatesOf(bundle);
  }

  /** What the API server is told to trust by each webhook, as PEM; one text where that is the same. */
  async caBundle(): Promise<string> {
    const bundles = new Set<string>();
    for (const path of this.registrationPaths) {
      const { webhooks = [] } = await this.#cluster.requestOk<Registration>('GET', path);
      for (const { clientConfig } of webhooks)
        bundles.add(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
    }
    return [...bundles].join('\n');
  }

  /** Has the first webhook of a kind trust something else. */
  async setCaBundle(caBundle: string, kind: 'mutating' | 'validating' = 'mutating'): Promise<void> {
    const patch = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle }];
    const path = this.registrationPaths[kind === 'mutating' ? 0 : 1] ?? '';
    await this.#cluster.requestOk('PATCH', path, patch, { contentType: 'application/json-patch+json' });
  }
}

type Registration = V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration;

/** Each certificate of a PEM text. */
export function certificatesOf(bundle: string): X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Whether a pod that is created in the namespace comes back hardened. */
export async function hardens(cluster: Cluster, namespace: string): Promise<boolean> {
  const { body } = await dryRun(cluster, namespace, barePod);
  return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
}
