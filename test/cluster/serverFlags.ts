import { join } from 'node:path';
import { type KeyPair, createAuthority, createSigningKey } from './certificates.js';
import { type Slot } from './slots.js';

/** Certificates and keys of one control plane. */
export interface ServerCredentials {
  ca: KeyPair;
  serving: KeyPair;
  /** Client certificate of the administrator. */
  admin: KeyPair;
  /** Signs the tokens of service accounts. */
  signing: { keyFile: string; publicKeyFile: string };
}

/** Makes all certificates and keys of a control plane, in the directory. */
export async function createCredentials(directory: string): Promise<ServerCredentials> {
  const ca = await createAuthority(directory, '/CN=podtemper-test-ca');
  const hosts = ['localhost', '127.0.0.1', 'kubernetes.default.svc'];
  const [serving, admin, signing] = await Promise.all([
    ca.issue('apiserver', '/CN=kube-apiserver', hosts),
    ca.issue('admin', '/O=system:masters/CN=podtemper-admin'),
    createSigningKey(directory, 'service-accounts'),
  ]);
  return { ca, serving, admin, signing };
}

/** Flags of etcd. Nothing outlives a run, so nothing has to reach the disk. */
export function etcdFlags(directory: string, { ports }: Slot): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    '--name=podtemper',
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=podtemper=${peer}`,
    '--unsafe-no-fsync',
  ];
}

/** Flags of kube-apiserver. */
export function apiServerFlags(
  directory: string,
  { ports, serviceRange }: Slot,
  made: ServerCredentials,
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--secure-port=${ports.apiServer}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // The address above is a loopback one, which the default reconciler would not publish as an endpoint.
    '--endpoint-reconciler-type=none',
    `--cert-dir=${directory}`,
    `--tls-cert-file=${made.serving.certificateFile}`,
    `--tls-private-key-file=${made.serving.keyFile}`,
    `--client-ca-file=${made.ca.certificateFile}`,
    // In the loopback range, so that a process here can listen on a Service's ClusterIP.
    `--service-cluster-ip-range=${serviceRange}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${made.signing.publicKeyFile}`,
    `--service-account-signing-key-file=${made.signing.keyFile}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--enable-admission-plugins=NodeRestriction,ResourceQuota,LimitRanger,ServiceAccount,PodSecurity',
  ];
}

/** Flags of kube-controller-manager, which makes service accounts, pods of workloads, status of quotas. */
export function controllerManagerFlags(
  directory: string,
  { ports }: Slot,
  made: ServerCredentials,
  kubeconfig: string,
): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${made.signing.keyFile}`,
    `--root-ca-file=${made.ca.certificateFile}`,
    '--use-service-account-credentials=true',
    '--bind-address=127.0.0.1',
    // Its default, 10257, would be the same for every run.
    `--secure-port=${ports.controllerManager}`,
    `--cert-dir=${directory}`,
    '--leader-elect=false',
    // Its default of 20 requests a second would make each start 4 s longer.
    '--kube-api-qps=500',
    '--kube-api-burst=500',
  ];
}
