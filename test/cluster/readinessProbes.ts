import { type TcpProxy } from './tcpProxy.js';
import { type WebhookProcess } from './webhookProcess.js';

/** Between two looks at one replica: the kubelet's shortest period. The chart's is 5 s, but there the kubelet tells
 *  at once of a container that has ended, and of a pod that is to end. */
const probePeriodMilliseconds = 1000;
/** The kubelet's default. */
const probeTimeoutMilliseconds = 1000;

/** What kubelet and endpoints controller do: asks each replica's `/readyz`, and lets the proxy send new connections to
 *  those that say yes. One look decides. Gives what ends it. */
export function followReadiness(proxy: TcpProxy, replicas: () => readonly WebhookProcess[]): () => void {
  const isReady = new Map<WebhookProcess, boolean>();
  const look = async (replica: WebhookProcess) => {
    const signal = AbortSignal.timeout(probeTimeoutMilliseconds);
    const { ok } = await fetch(`${replica.operationsUrl}/readyz`, { signal }).catch(() => ({ ok: false }));
    isReady.set(replica, ok);
    proxy.setTargets(
      replicas()
        .filter((each) => isReady.get(each))
        .map(({ admission }) => admission),
    );
  };
  const timer = setInterval(() => {
    for (const replica of replicas()) void look(replica);
  }, probePeriodMilliseconds);
  return () => clearInterval(timer);
}
