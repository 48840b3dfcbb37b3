import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';

/** How often idle connections are closed while draining: a request in flight ends as an idle kept-alive socket. */
const sweepMilliseconds = 100;

/** Lets the requests in flight finish, then closes; what is open at the deadline is cut.
 *  @returns whether all ended by themselves */
export async function drain(
  server: HttpServer | HttpsServer,
  deadlineMilliseconds: number,
): Promise<boolean> {
  if (!server.listening) return true;
  let isInTime = true;
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMilliseconds);
  const deadline = setTimeout(() => {
    isInTime = false;
    server.closeAllConnections();
  }, deadlineMilliseconds);
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
  return isInTime;
}
