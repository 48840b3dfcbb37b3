import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** Where to connect to, or to listen. */
export interface Endpoint {
  host: string;
  port: number;
}

export interface TcpProxy {
  /** Where it listens, with the real port if 0 was asked for. */
  address: Endpoint;
  /** Sends new connections to these targets; open ones stay. */
  setTargets(targets: readonly Endpoint[]): void;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts what kube-proxy would be for one Service: connections go to the targets in turn, past those that
 *  refuse. With no target left the client's connection is reset. */
export async function startProxy(options: Endpoint & { targets: readonly Endpoint[] }): Promise<TcpProxy> {
  let targets = [...options.targets];
  let turn = 0;
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    const first = turn % Math.max(targets.length, 1);
    turn += 1;
    forward(client, [...targets.slice(first), ...targets.slice(0, first)]);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  return {
    address: { host: options.host, port: boundPort(server.address()) },
    setTargets(next) {
      targets = [...next];
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.destroy();
      return closed;
    },
  };
}

function forward(client: Socket, candidates: readonly Endpoint[]): void {
  const [target, ...others] = candidates;
  if (client.destroyed) return;
  if (!target) {
    client.resetAndDestroy();
    return;
  }
  const upstream = connect({ ...target, allowHalfOpen: true });
  const next = () => forward(client, others);
  upstream.once('error', next);
  upstream.once('connect', () => {
    upstream.off('error', next).on('error', () => client.resetAndDestroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream).pipe(client);
    if (client.destroyed) upstream.destroy(); // it left while we were connecting
  });
}

function boundPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string')
    throw new Error(`expected a TCP address, found ${address}`);
  return address.port;
}
