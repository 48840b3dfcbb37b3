import type { ServerResponse } from 'node:http';

/** Reads no more of the connection until the answer, of so many bytes, has gone out; to be called before it is written.
 *  Where the next request comes while a large answer still waits, Node stops reading by itself, but too late for what
 *  TLS has decrypted already: it takes that for a broken request (HPE_PAUSED) and resets the connection. */
export function readAfterwards(response: ServerResponse, bytes: number): void {
  const { socket } = response;
  // None where it is gone, or where an earlier answer is still to be written.
  if (socket === null || bytes < socket.writableHighWaterMark / 2) return;
  socket.pause();
  response.once('finish', () => socket.resume());
}
