import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { V1Deployment, V1PodSpec, V1Service } from '@kubernetes/client-node';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { barePod, dryRun, hardenedAnnotation, modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { mountVolumes } from './podVolumes.js';
import { followReadiness } from './readinessProbes.js';
import { type TcpProxy, startProxy } from './tcpProxy.js';
import { waitUntil } from './waiting.js';
import { freeAddress, startWebhook, type WebhookProcess } from './webhookProcess.js';

const chart = fileURLToPath(new URL('../../manifests/chart', import.meta.url));

export interface InstallOptions {
  /** Values of the chart. */
  values?: Record<string, unknown>;
  /** Processes behind the Service; 1 if left out. */
  replicas?: number;
  /** Further arguments of each process. */
  args?: readonly string[];
  /** Whether it is called for its own namespaces only: a run with failurePolicy Fail that was interrupted then stops
   *  nobody else. */
  isConfined?: boolean;
  /** Whether connections go to the replicas that say they are ready, and not to those that we know to run. */
  isProbed?: boolean;
  /** Whether the certificate is in a Secret that is mounted, and not made by the processes. */
  hasMountedCertificate?: boolean;
}

/** podtemper as its users install it; only its processes are started by us and not by a kubelet. */
export interface Installation {
  /** Name of the release and of all that belongs to it. */
  release: string;
  /** Where it is installed. */
  namespace: string;
  /** A kubeconfig with the rights that the chart gives. */
  kubeconfig: string;
  /** In the place of kube-proxy. */
  proxy: TcpProxy;
  /** One for each replica; none while it is stopped. */
  processes: WebhookProcess[];
  /** Creates a namespace that goes when the installation goes, and gives its name. */
  createNamespace(title: string, labels?: Record<string, string>): Promise<string>;
  /** Arguments with which a further process can be started. */
  processArguments(): Promise<string[]>;
  /** Puts what the cluster now has in Secret and ConfigMap where the processes read it, as the kubelet does. */
  remount(): Promise<void>;
  /** Upgrades the release to these values, as `helm upgrade` does. Secret and ConfigMap reach the processes, which
   *  run on: other arguments would take a restart. */
  upgrade(values: Record<string, unknown>): Promise<void>;
  /** Ends all processes. The registration stays. */
  stop(): Promise<void>;
  /** Starts the processes, and waits until the API server calls them. */
  start(): Promise<void>;
  /** Replaces each process by a new one, as the chart's Deployment does: first the new one is ready, then the old one
   *  is taken out of service and ended. */
  rollOver(): Promise<void>;
  /** Starts a new process in the place of one that has ended, as the kubelet does. */
  replace(ended: WebhookProcess): Promise<void>;
  /** Takes everything away again. */
  uninstall(): Promise<void>;
}

/** Installs the chart into a namespace of its own, starts the processes, and waits until the API server calls them.
 *  @throws Error with what helm or the process said; nothing is left then */
export async function install(cluster: Cluster, options: InstallOptions = {}): Promise<Installation> {
  const id = `e2e-${randomUUID().slice(0, 8)}`;
  const directory = await mkdtemp(join(cluster.directory, 'installation-'));
  const { replicas = 1, args = [], isProbed = false } = options;
  const machine = { cluster, directory, replicas, args, isProbed };
  const installed = new InstalledRelease(`${id}-podtemper`, id, machine);
  const values = options.isConfined ? confined(options.values, id) : (options.values ?? {});
  try {
    await installed.open(values, options.hasMountedCertificate ?? false);
    return installed;
  } catch (error) {
    await installed.uninstall();
    throw error;
  }
}

/** The values, and a condition that leaves the namespaces of others alone. */
function confined({ webhook, ...values }: Record<string, unknown> = {}, id: string): Record<string, unknown> {
  const matchConditions = [{ name: 'own', expression: `request.namespace.startsWith('${id}')` }];
  return { ...values, webhook: { ...Object(webhook), matchConditions } };
}

/** What a release runs on. */
interface Machine {
  cluster: Cluster;
  directory: string;
  replicas: number;
  args: readonly string[];
  isProbed: boolean;
}

class InstalledRelease implements Installation {
  kubeconfig = '';
  processes: WebhookProcess[] = [];
  readonly #machine: Machine;
  readonly #namespaces: string[] = [];
  #proxy: TcpProxy | undefined;
  #endProbes = () => {};
  #starts = 0;

  constructor(
    readonly release: string,
    readonly namespace: string,
    machine: Machine,
  ) {
    this.#machine = machine;
  }

  get proxy(): TcpProxy {
    if (!this.#proxy) throw new Error('proxy: expected an installed release, found none');
    return this.#proxy;
  }

  async open(values: Record<string, unknown>, hasMountedCertificate: boolean): Promise<void> {
    // The strictest level, and opted in: neither may be in the way of our own pods.
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', [modeLabel]: 'enforce' };
    await this.#newNamespace(this.namespace, labels);
    const tls = hasMountedCertificate ? { tls: await this.#storeCertificate() } : {};
    await this.#helm('install', { ...values, ...tls });
    const { serviceAccountName = '' } = await this.#podSpec();
    this.kubeconfig = await this.#machine.cluster.kubeconfigFor(this.namespace, serviceAccountName);
    const proxy = await this.#listenAsService();
    this.#proxy = proxy;
    if (this.#machine.isProbed) this.#endProbes = followReadiness(proxy, () => this.processes);
    await this.createNamespace('probe', { [modeLabel]: 'enforce' });
    await this.start();
  }

  async createNamespace(title: string, labels: Record<string, string> = {}): Promise<string> {
    return this.#newNamespace(`${this.namespace}-${title}`, labels);
  }

  async #newNamespace(name: string, labels: Record<string, string>): Promise<string> {
    this.#namespaces.push(name);
    await this.#machine.cluster.createNamespace(name, labels);
    return name;
  }

  async upgrade(values: Record<string, unknown>): Promise<void> {
    await this.#helm('upgrade', values);
    await this.remount();
  }

  async remount(): Promise<void> {
    await this.#mount(await this.#podSpec());
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((each) => each.stop()));
  }

  async start(): Promise<void> {
    const args = await this.processArguments();
    for (let replica = 0; replica < this.#machine.replicas; replica += 1) {
      this.processes.push(await this.#startProcess(args));
    }
    this.#putIntoService(this.processes);
    await waitUntil('the API server to call the webhook', async () => {
      const { body } = await dryRun(this.#machine.cluster, `${this.namespace}-probe`, barePod);
      return body.metadata?.annotations?.[hardenedAnnotation] !== undefined;
    });
  }

  async rollOver(): Promise<void> {
    const args = await this.processArguments();
    for (const old of this.processes.slice()) {
      this.processes.push(await this.#startProcess(args));
      this.processes.splice(this.processes.indexOf(old), 1);
      this.#putIntoService(this.processes);
      await old.stop();
    }
  }

  async replace(ended: WebhookProcess): Promise<void> {
    this.processes.splice(this.processes.indexOf(ended), 1);
    this.processes.push(await this.#startProcess(await this.processArguments()));
    this.#putIntoService(this.processes);
  }

  async processArguments(): Promise<string[]> {
    const spec = await this.#podSpec();
    const own = argumentsOf(spec, await this.#mount(spec));
    return [...own, `--kubeconfig=${this.kubeconfig}`, ...this.#machine.args];
  }

  #startProcess(args: readonly string[]): Promise<WebhookProcess> {
    this.#starts += 1;
    return startWebhook(this.#machine.directory, `serve-${this.#starts}`, args);
  }

  #putIntoService(processes: readonly WebhookProcess[]): void {
    if (!this.#machine.isProbed) this.proxy.setTargets(processes.map(({ admission }) => admission));
  }

  async uninstall(): Promise<void> {
    await this.#machine.cluster.helm([
      'uninstall',
      this.release,
      '--namespace',
      this.namespace,
      '--ignore-not-found',
    ]);
    for (const name of this.#namespaces)
      await this.#machine.cluster.request('DELETE', `/api/v1/namespaces/${name}`);
    this.#endProbes();
    await this.#proxy?.close();
    await this.stop();
    await rm(this.#machine.directory, { recursive: true, force: true });
  }

  async #helm(command: 'install' | 'upgrade', values: Record<string, unknown>): Promise<void> {
    const args = [command, this.release, chart, '--namespace', this.namespace, '--values', '-'];
    const { code, stderr } = await this.#machine.cluster.helm(args, { input: JSON.stringify(values) });
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: expected exit code 0, found ${code}: ${stderr}`);
  }

  /** Puts a certificate into a Secret, and gives the chart's values for it. */
  async #storeCertificate(): Promise<{ existingSecret: string; caBundle: string }> {
    const now = new Date();
    const authority = createCertificateAuthority(now);
    const names = [`${this.release}.${this.namespace}.svc`];
    const { cert, key } = issueServingCertificate(authority, { names, days: 30, now });
    const existingSecret = `${this.release}-tls`;
    await this.#machine.cluster.requestOk('POST', `/api/v1/namespaces/${this.namespace}/secrets`, {
      metadata: { name: existingSecret },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert },
    });
    return { existingSecret, caBundle: authority.cert };
  }

  async #podSpec(): Promise<V1PodSpec> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/deployments/${this.release}`;
    const { spec } = await this.#machine.cluster.requestOk<V1Deployment>('GET', path);
    if (!spec?.template.spec) throw new Error(`${path}: expected a pod template, found none`);
    return spec.template.spec;
  }

  async #listenAsService(): Promise<TcpProxy> {
    const path = `/api/v1/namespaces/${this.namespace}/services/${this.release}`;
    const { spec } = await this.#machine.cluster.requestOk<V1Service>('GET', path);
    const { clusterIP: host = '', ports: [{ port = 0 } = {}] = [] } = spec ?? {};
    try {
      return await startProxy({ host, port, targets: [], passesOver: !this.#machine.isProbed });
    } catch (cause) {
      throw new Error(
        `ClusterIP ${host}:${port}: expected to be free to listen on, found ${String(cause)}. ` +
          'Run as root, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=443.',
        { cause },
      );
    }
  }

  #mount(spec: V1PodSpec): Promise<Map<string, string>> {
    const { cluster, directory } = this.#machine;
    return mountVolumes(cluster, this.namespace, spec, directory);
  }
}

/** The container's own arguments after `serve`, with addresses and folders of this machine. */
function argumentsOf({ containers }: V1PodSpec, folders: ReadonlyMap<string, string>): string[] {
  const [command, ...args] = containers[0]?.args ?? [];
  if (command !== 'serve') throw new Error(`args of the container: expected serve first, found ${command}`);
  return args.map((arg) => {
    const [flag, value = ''] = arg.split('=', 2);
    if (flag === '--admission-address' || flag === '--operations-address') return `${flag}=${freeAddress}`;
    const folder = folders.get(value);
    return folder === undefined ? arg : `${flag}=${folder}`;
  });
}
