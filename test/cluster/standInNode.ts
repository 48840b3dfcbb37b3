import { randomUUID } from 'node:crypto';
import type { V1PodList } from '@kubernetes/client-node';
import type { Cluster } from './cluster.js';

/** How often a node tells that it lives, in milliseconds. */
const heartbeatMilliseconds = 5000;

/** What a node and its kubelet say of themselves and their pods, where none runs: controllers then do what they do in a
 *  real cluster, such as filling EndpointSlices. */
export class StandInNode {
  readonly name = `stand-in-${randomUUID().slice(0, 8)}`;
  readonly #cluster: Cluster;
  #heartbeat: NodeJS.Timeout | undefined;
  #addresses = 0;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A node that is ready. */
  static async start(cluster: Cluster): Promise<StandInNode> {
    const node = new StandInNode(cluster);
    await cluster.requestOk('POST', '/api/v1/nodes', { metadata: { name: node.name } });
    const conditions = [{ type: 'Ready', status: 'True', reason: 'StandIn' }];
    await cluster.requestOk('PATCH', `/api/v1/nodes/${node.name}/status`, { status: { conditions } });
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const lease = () => ({
      metadata: { name: node.name },
      spec: {
        holderIdentity: node.name,
        leaseDurationSeconds: 40,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    });
    await cluster.request('POST', leases, lease());
    node.#heartbeat = setInterval(() => {
      // The next one follows soon.
      cluster.request('PATCH', `${leases}/${node.name}`, lease()).catch(() => undefined);
    }, heartbeatMilliseconds);
    return node;
  }

  /** Says of each pod of the namespace that it runs here, and is ready or not. Gives how many there are. */
  async tell(namespace: string, isReady: boolean): Promise<number> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { items } = await this.#cluster.requestOk<V1PodList>('GET', path);
    for (const { metadata, spec, status } of items) {
      const pod = `${path}/${metadata?.name}`;
      if (spec?.nodeName === undefined) {
        const target = { apiVersion: 'v1', kind: 'Node', name: this.name };
        await this.#cluster.requestOk('POST', `${pod}/binding`, {
          metadata: { name: metadata?.name },
          target,
        });
      }
      const podIP = status?.podIP ?? `10.250.0.${(this.#addresses += 1)}`;
      const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
      const told = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
      await this.#cluster.requestOk('PATCH', `${pod}/status`, { status: told });
    }
    return items.length;
  }

  /** Ends it, with its pods, which nobody else would. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#cluster.request('DELETE', `/api/v1/nodes/${this.name}`);
  }

  /** Deletes the pods of a namespace at once: there is no kubelet to say that they have ended. */
  async forget(namespace: string): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    await this.#cluster.request('DELETE', `/api/v1/namespaces/${namespace}/pods`, body);
  }
}
