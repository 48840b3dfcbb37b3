import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Cluster } from './cluster.js';
import { type CommandResult, runCommand } from './commands.js';
import { program } from './webhookProcess.js';

/** A Deployment without pods. `name` may be another. */
export const web = (image: string, name = 'web') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' }, annotations: {} },
      spec: { containers: [{ name: 'web', image }] },
    },
  },
});

export const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bare' },
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
};

const set = { ...web('registry.example/db:1', 'db'), kind: 'StatefulSet' };

/** The program as a plug-in of kubectl, and a namespace in mode `enforce` with some workloads and a LimitRange. */
export class Plugin {
  readonly namespace = `live-${randomUUID().slice(0, 8)}`;
  readonly #cluster: Cluster;
  /** Where it runs, so that no file has the name of a workload. */
  readonly folder: string;

  private constructor(cluster: Cluster, folder: string) {
    [this.#cluster, this.folder] = [cluster, folder];
  }

  static async install(cluster: Cluster): Promise<Plugin> {
    const folder = await mkdtemp(join(cluster.directory, 'plugin-'));
    await symlink(program, join(folder, 'kubectl-podtemper'));
    const plugin = new Plugin(cluster, folder);
    const { namespace } = plugin;
    await cluster.createNamespace(namespace, { 'podtemper.io/mode': 'enforce' });
    await cluster.requestOk('POST', `/api/v1/namespaces/${namespace}/limitranges`, {
      metadata: { name: 'bounds' },
      spec: { limits: [{ type: 'Container', max: { memory: '512Mi', cpu: '1' } }] },
    });
    await plugin.apply(web('nginx:1.29'), set, pod);
    return plugin;
  }

  /** Runs `kubectl podtemper`. */
  run(
    args: readonly string[],
    { input = '', kubeconfig = this.#cluster.kubeconfig } = {},
  ): Promise<CommandResult> {
    const { kubectlPath, directory } = this.#cluster;
    const env = {
      PATH: [this.folder, dirname(kubectlPath), process.env.PATH].join(':'),
      HOME: directory,
      KUBECONFIG: kubeconfig,
    };
    return runCommand(kubectlPath, ['podtemper', ...args], { input, env, directory: this.folder });
  }

  async apply(...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const args = ['apply', '-n', this.namespace, '-f', '-'];
    const { code, stderr } = await this.#cluster.kubectl(args, { input });
    if (code !== 0)
      throw new Error(`kubectl ${args.join(' ')}: expected exit code 0, found ${code}: ${stderr}`);
  }

  async remove(): Promise<void> {
    await this.#cluster.request('DELETE', `/api/v1/namespaces/${this.namespace}`);
    await rm(this.folder, { recursive: true, force: true });
  }
}
