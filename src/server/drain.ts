import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** How often idle connections are closed while draining: a request in flight ends as an idle kept-alive socket. */
const sweepMilliseconds = 100;

/** How long no request must be in flight before what is still open is cut: a connection on which nothing was sent yet
 *  is not idle to Node, and one that has not done its TLS handshake is not even known to it. */
const quietMilliseconds = 1000;

/** Ends a server without ending what it is doing. To be made before the server has its first connection. */
export class Drain {
  readonly #server: HttpServer | HttpsServer;
  readonly #sockets = new Set<Socket>();
  #inFlight = 0;

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (_request, response) => {
      this.#inFlight++;
      response.once('close', () => this.#inFlight--);
    });
  }

  /** Requests that are being answered now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Takes no new connections, lets the requests in flight finish, then closes; what is open at the deadline is cut.
   *  @returns whether every request came to its end */
  async end(deadlineMilliseconds: number): Promise<boolean> {
    if (!this.#server.listening) return true;
    let isInTime = true;
    let quiet = 0;
    const sweep = setInterval(() => {
      this.#server.closeIdleConnections();
      quiet = this.#inFlight === 0 ? quiet + sweepMilliseconds : 0;
      if (quiet >= quietMilliseconds) this.#cut();
    }, sweepMilliseconds);
    const deadline = setTimeout(() => {
      isInTime = this.#inFlight === 0;
      this.#cut();
    }, deadlineMilliseconds);
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
    return isInTime;
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
