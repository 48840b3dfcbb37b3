import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { UsageError } from '../errors.js';

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8080`, `[::1]:8080` or `:8080` taken apart.
 *  @throws UsageError for anything else */
export function parseAddress(text: string, where: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) {
    throw new UsageError({ where, expected: 'HOST:PORT, such as 127.0.0.1:8080', found: `"${text}"` });
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** Starts to listen; gives the address that was taken, with its real port.
 *  @throws UsageError where the address cannot be had */
export function listen(
  server: Server | HttpsServer,
  { host, port }: Address,
  where: string,
): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const advice = `choose another with ${where}`;
      const complaint = { where, expected: 'an address that is free', found: cause.message, advice };
      reject(new UsageError(complaint, undefined, { cause }));
    });
    server.listen({ host, port }, () => resolve({ host, port: (server.address() as AddressInfo).port }));
  });
}

/** The address as part of a URL that works on this machine. */
export function reachable({ host, port }: Address): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}
