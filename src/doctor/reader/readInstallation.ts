import type { V1ConfigMap } from '@kubernetes/client-node';
import { ClusterError, messageOf } from '../../errors.js';
import type { PolicyFile } from '../../policy/load.js';
import { argumentOf, certificateOriginOf, hasArgument, policyConfigMapOf } from '../deployed.js';
import type {
  Deployment,
  EndpointSlice,
  Installation,
  Lease,
  Namespace,
  RunningPod,
  Service,
} from '../installation.js';
import { found, missing, type Reading, unread, valueOf } from '../reading.js';
import { readPermissions } from './access.js';
import { attempt } from './attempt.js';
import { findConfigurations } from './configurations.js';
import { ask, getObject, listObjects, type ReadingConnection } from './objects.js';
import { readCertificateSecret } from './secret.js';
import { type AdmissionAddress, readServed } from './served.js';
import { readTrial } from './trial.js';

/** Which installation to read, and how. */
export interface ReadOptions {
  readonly connection: ReadingConnection;
  /** Name of its webhook configurations; where left out, the only one that there is. */
  readonly configuration?: string;
  /** Its namespace, where no configuration says it. */
  readonly namespace?: string;
  /** Where to reach the admission listener; at the Service's address if left out. */
  readonly admission?: { readonly host: string; readonly port: number };
  /** Of this program. */
  readonly version: string;
}

/** Reads all that the checks look at. What cannot be read is told in its place.
 *  @throws ClusterError where the API server cannot be reached or knows us not; UsageError where it is not clear which
 *  installation is meant */
export async function readInstallation(options: ReadOptions): Promise<Installation> {
  const { connection, version } = options;
  const { gitVersion } = await reach(connection);
  const configurations = await findConfigurations(connection, options.configuration);
  const name = configurations[0]?.metadata?.name ?? options.configuration ?? 'podtemper';
  const reference = configurations
    .flatMap(({ webhooks = [] }) => webhooks)
    .find(({ clientConfig }) => clientConfig.service !== undefined)?.clientConfig.service;
  const namespace = reference?.namespace ?? options.namespace ?? '';
  const home = `/api/v1/namespaces/${namespace}`;
  const inHome = <T>(read: () => Promise<T>): Promise<Reading<T>> =>
    namespace === '' ? Promise.resolve(unread(noHome)) : attempt(read);
  const serviceName = reference?.name ?? name;
  const [service, endpointSlices, deployment, pods, namespaces] = await Promise.all([
    inHome(() => getObject<Service>(connection, `${home}/services/${serviceName}`)),
    inHome(() => listObjects<EndpointSlice>(connection, slicesOf(namespace, serviceName))),
    inHome(() =>
      getObject<Deployment>(connection, `/apis/apps/v1/namespaces/${namespace}/deployments/${serviceName}`),
    ),
    inHome(() => listObjects<RunningPod>(connection, `${home}/pods`)),
    attempt(() => listNamespaces(connection)),
  ]);
  const context = { ...options, namespace, serviceName, name, service };
  const deployed = valueOf(deployment);
  const [ofDeployment, served, now] = await Promise.all([
    readOfDeployment(context, deployed),
    readServedAt(context),
    readTime(connection),
  ]);
  const seen = {
    name,
    namespace,
    configurations,
    service,
    endpointSlices,
    deployment,
    pods: ownPods(pods, deployed),
    namespaces,
    served,
    ...ofDeployment,
    kubernetesVersion: found(gitVersion),
    now,
    version,
  };
  // Where a pod should be hardened is known by the policies only.
  return { ...seen, trial: await readTrial(connection, seen) };
}

const noHome = 'where podtemper is installed is not known: name it with --namespace';

/** The API server's version, which anybody who is known to it may read.
 *  @throws ClusterError */
async function reach(connection: ReadingConnection): Promise<{ readonly gitVersion: string }> {
  try {
    return await getObject(connection, '/version');
  } catch (cause) {
    const complaint = {
      where: connection.server,
      expected: 'an API server that answers',
      found: messageOf(cause),
    };
    throw new ClusterError({ ...complaint, advice: 'name another with --kubeconfig' }, undefined, { cause });
  }
}

function slicesOf(namespace: string, service: string): string {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
}

/** Those that are to stay. */
async function listNamespaces(connection: ReadingConnection): Promise<Namespace[]> {
  const all = await listObjects<Namespace>(connection, '/api/v1/namespaces');
  return all.filter(({ status }) => status?.phase !== 'Terminating');
}

/** Those that the Deployment's ReplicaSets made; a namespace may hold others. */
function ownPods(pods: Installation['pods'], deployment: Deployment | undefined): Installation['pods'] {
  const labels = Object.entries(deployment?.spec?.selector.matchLabels ?? {});
  if (pods.kind !== 'found' || labels.length === 0) return pods;
  return found(
    pods.value.filter(({ metadata, status }) => {
      const isOver =
        metadata?.deletionTimestamp !== undefined || ['Succeeded', 'Failed'].includes(status?.phase ?? '');
      return !isOver && labels.every(([key, value]) => metadata?.labels?.[key] === value);
    }),
  );
}

interface Context extends ReadOptions {
  readonly name: string;
  readonly namespace: string;
  readonly serviceName: string;
  readonly service: Reading<Service>;
}

type OfDeployment = Pick<Installation, 'secret' | 'lease' | 'policies' | 'permissions'>;

async function readOfDeployment(
  { connection, namespace, name }: Context,
  deployment: Deployment | undefined,
): Promise<OfDeployment> {
  if (deployment === undefined) {
    const unknown = unread('the Deployment, which names it, could not be read');
    return { secret: unknown, lease: unknown, policies: unknown, permissions: unknown };
  }
  const origin = certificateOriginOf(deployment);
  const authority = origin.kind === 'shared' ? origin : undefined;
  const account = deployment.spec?.template.spec?.serviceAccountName ?? 'default';
  const user = `system:serviceaccount:${namespace}:${account}`;
  const [secret, lease, policies, permissions] = await Promise.all([
    origin.kind === 'unknown'
      ? unread('the Deployment mounts something else than a Secret')
      : attempt(() => readCertificateSecret(connection, namespace, origin)),
    // Where others make the certificate, no replica leads.
    authority === undefined ? missing : attempt(() => getObject<Lease>(connection, leaseOf(authority))),
    readPolicies(connection, namespace, deployment),
    attempt(() =>
      readPermissions(connection, user, {
        configuration: name,
        authority,
        writesEvents: !hasArgument(deployment, '--no-events'),
      }),
    ),
  ]);
  return { secret, lease, policies, permissions };
}

function leaseOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
}

async function readPolicies(
  connection: ReadingConnection,
  namespace: string,
  deployment: Deployment,
): Promise<Reading<readonly PolicyFile[]>> {
  const configMap = policyConfigMapOf(deployment);
  if (configMap === undefined) {
    const isBuiltIn = argumentOf(deployment, '--policy') === undefined;
    return isBuiltIn ? found([]) : unread('the Deployment mounts something else than a ConfigMap');
  }
  return attempt(async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
    const { data = {} } = await getObject<V1ConfigMap>(connection, path);
    return Object.entries(data).map(([file, text]) => ({ file, text }));
  });
}

async function readServedAt({
  admission,
  service,
  namespace,
  serviceName,
}: Context): Promise<Installation['served']> {
  const { clusterIP, ports = [] } = valueOf(service)?.spec ?? {};
  const port = ports[0]?.port ?? 443;
  const address =
    admission ?? (clusterIP === undefined || clusterIP === 'None' ? undefined : { host: clusterIP, port });
  if (address === undefined) return unread('there is no address to ask at');
  const at: AdmissionAddress = { ...address, serverName: `${serviceName}.${namespace}.svc` };
  const reading = await attempt(() => readServed(at));
  if (reading.kind !== 'unread' || admission !== undefined) return reading;
  // Outside of a cluster, that is how it is.
  const forward = `kubectl -n ${namespace} port-forward service/${serviceName} 8443:${port}`;
  return unread(`${reading.why}; to look from here: ${forward}, and --admission-address 127.0.0.1:8443`);
}

/** The API server's clock: it says when it answered. Ours, where it does not know the question. */
async function readTime(connection: ReadingConnection): Promise<Date> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const answer = await attempt(() =>
    ask<{ metadata?: { creationTimestamp?: string } }>(
      connection,
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      review,
    ),
  );
  const time = new Date(valueOf(answer)?.metadata?.creationTimestamp ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? new Date() : time;
}
