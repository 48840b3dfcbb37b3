import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Bounds the connections of a server: where a new one is one too many, that one is closed which has been of no use
 *  for longest. So neither memory nor the time of a turn grows without end, and idle connections, slow callers and
 *  unfinished handshakes keep nobody out. To be called before the server has its first connection. */
export function limitConnections(server: HttpServer | HttpsServer, maxConnections: number): void {
  /** The longest unused first: a set keeps the order in which things were added. */
  const byLastUse = new Set<Socket>();
  /** A TLS socket and the one below it are apart in Node, but for where they lead. */
  const byPeer = new Map<string, Socket>();
  const below = new WeakMap<Socket, Socket>();

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    byPeer.set(peer, socket);
    byLastUse.add(socket);
    below.set(socket, socket);
    socket.once('close', () => {
      byLastUse.delete(socket);
      if (byPeer.get(peer) === socket) byPeer.delete(peer);
    });
    if (byLastUse.size > maxConnections) closeFirst(byLastUse);
  });
  server.on('secureConnection', (secure: Socket) => {
    const socket = byPeer.get(peerOf(secure));
    if (socket !== undefined) below.set(secure, socket);
  });
  server.on('request', ({ socket }: IncomingMessage) => {
    const used = below.get(socket);
    if (used !== undefined && byLastUse.delete(used)) byLastUse.add(used);
  });
}

function closeFirst(sockets: Set<Socket>): void {
  const [first] = sockets;
  if (first === undefined) return;
  sockets.delete(first);
  first.destroy();
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
