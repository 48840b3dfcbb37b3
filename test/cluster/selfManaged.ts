import { X509Certificate } from 'node:crypto';
import type { V1MutatingWebhookConfiguration, V1Secret } from '@kubernetes/client-node';
import { barePod, dryRun, hardenedAnnotation } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation } from './installation.js';

/** What an installation that makes its certificates itself has left in the cluster. */
export class SharedState {
  readonly secretPath: string;
  readonly leasePath: string;
  readonly registrationPath: string;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster, { namespace, release }: Pick<Installation, 'namespace' | 'release'>) {
    this.#cluster = cluster;
    this.secretPath = `/api/v1/namespaces/${namespace}/secrets/${release}-authority`;
    this.leasePath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${release}-authority`;
    this.registrationPath = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${release}`;
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

  /** What the API server is told to trust, as PEM. */
  async caBundle(): Promise<string> {
    const path = this.registrationPath;
    const { webhooks } = await this.#cluster.requestOk<V1MutatingWebhookConfiguration>('GET', path);
    return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  }

  async setCaBundle(caBundle: string): Promise<void> {
    const patch = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle }];
    const contentType = 'application/json-patch+json';
    await this.#cluster.requestOk('PATCH', this.registrationPath, patch, { contentType });
  }
}

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
