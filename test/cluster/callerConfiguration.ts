import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createAuthority, type KeyPair } from './certificates.js';

/** Files with which an API server presents a certificate to webhooks. */
export interface CallerConfiguration {
  /** For kube-apiserver. */
  readonly flag: string;
  /** PEM file of who vouches for it: --client-ca. */
  readonly authorityFile: string;
  /** What the API server presents. */
  readonly apiServer: KeyPair;
  /** Issued by the same authority, for somebody else. */
  readonly other: KeyPair;
}

/** Writes them into the directory, as docs/security.md has them. */
export async function writeCallerConfiguration(directory: string): Promise<CallerConfiguration> {
  await mkdir(directory, { recursive: true });
  const authority = await createAuthority(directory, '/CN=webhook-callers');
  const apiServer = await authority.issue('apiserver-webhooks', '/CN=kube-apiserver');
  const other = await authority.issue('other', '/CN=other-client');
  const kubeconfig = join(directory, 'webhooks.kubeconfig');
  const [cert, key] = await Promise.all([readFile(apiServer.certificateFile), readFile(apiServer.keyFile)]);
  const user = {
    'client-certificate-data': cert.toString('base64'),
    'client-key-data': key.toString('base64'),
  };
  await writeFile(
    kubeconfig,
    stringify({ apiVersion: 'v1', kind: 'Config', users: [{ name: '*.svc', user }] }),
    { mode: 0o600 },
  );
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile: kubeconfig,
  };
  const file = join(directory, 'admission.yaml');
  const plugins = ['MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook'];
  await writeFile(
    file,
    stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AdmissionConfiguration',
      plugins: plugins.map((name) => ({ name, configuration })),
    }),
  );
  return {
    flag: `--admission-control-config-file=${file}`,
    authorityFile: authority.certificateFile,
    apiServer,
    other,
  };
}
