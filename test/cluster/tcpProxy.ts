import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

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
  /** Resets both sides of connections on which the client sends more bytes than this from now on, up to so many of
   *  them. Gives how many are still to come. */
  cutAfter(bytes: number, connections: number): () => number;
  /** How many it has taken so far. */
  connections(): number;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

export interface ProxyOptions extends Endpoint {
  targets: readonly Endpoint[];
  /** Whether a target that refuses is passed over, which kube-proxy does not do; true if left out. */
  passesOver?: boolean;
}

/** Starts what kube-proxy would be for one Service: connections go to the targets in turn, past those that
 *  refuse. With no target left the client's connection is reset. Like kube-proxy it holds nothing back, as Nagle's
 *  algorithm would: for 40 ms, in the middle of an answer. */
export async function startProxy({ passesOver = true, ...options }: ProxyOptions): Promise<TcpProxy> {
  let targets = [...options.targets];
  let turn = 0;
  const cutting: Cutting = { after: Infinity, left: 0 };
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    const first = turn % Math.max(targets.length, 1);
    turn += 1;
    const candidates = [...targets.slice(first), ...targets.slice(0, first)];
    forward(client, passesOver ? candidates : candidates.slice(0, 1), cutting);
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
    connections: () => turn,
    cutAfter(bytes, connections) {
      Object.assign(cutting, { after: bytes, left: connections });
      return () => cutting.left;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.destroy();
      return closed;
    },
  };
}

interface Cutting {
  after: number;
  left: number;
}

function forward(client: Socket, candidates: readonly Endpoint[], cutting: Cutting): void {
  const [target, ...others] = candidates;
  if (client.destroyed) return;
  if (!target) {
    client.resetAndDestroy();
    return;
  }
  const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const next = () => forward(client, others, cutting);
  upstream.once('error', next);
  upstream.once('connect', () => {
    upstream.off('error', next).on('error', () => client.resetAndDestroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client
      .pipe(cutter(client, upstream, cutting))
      .pipe(upstream)
      .pipe(client);
    if (client.destroyed) upstream.destroy(); // it left while we were connecting
  });
}

/** Hands on what the client sends, up to the byte after which both sides are reset. */
function cutter(client: Socket, upstream: Socket, cutting: Cutting): Transform {
  let sent = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (cutting.left === 0) return done(null, chunk);
      const end = Math.max(cutting.after - sent, 0);
      sent += chunk.length;
      if (chunk.length <= end) return done(null, chunk);
      cutting.left -= 1;
      upstream.write(chunk.subarray(0, end), () => {
        upstream.resetAndDestroy();
        client.resetAndDestroy();
      });
    },
  });
}

function boundPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string')
    throw new Error(`expected a TCP address, found ${address}`);
  return address.port;
}
