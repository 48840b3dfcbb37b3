import { X509Certificate } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Served } from '../installation.js';

const timeoutMilliseconds = 3000;

/** Where podtemper listens for the API server, and the name that it is called by. */
export interface AdmissionAddress {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
}

/** The certificate that is served at an address, whoever may have issued it, and what /readyz says there.
 *  @throws Error where nobody answers */
export function readServed({ host, port, serverName }: AdmissionAddress): Promise<Served> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      // To tell what is wrong with a certificate, it must be looked at before it is trusted. Nothing secret is sent.
      { host, port, servername: serverName, path: '/readyz', rejectUnauthorized: false, agent: false },
      (response) => {
        const chain = chainOf(response.socket as TLSSocket);
        readReadiness(response).then((readiness) => resolve({ chain, readiness }), reject);
      },
    );
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    signal.addEventListener('abort', () => {
      outgoing.destroy(
        new Error(`${host}:${port}: expected an answer within ${timeoutMilliseconds} ms, found none`),
      );
    });
    outgoing.on('error', reject).end();
  });
}

/** PEM of what the server sent, the root left out where Node added it itself. */
function chainOf(socket: TLSSocket): string[] {
  const chain: string[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (at?.raw !== undefined && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256);
    chain.push(new X509Certificate(at.raw).toString());
    at = at.issuerCertificate;
  }
  return chain;
}

async function readReadiness(response: IncomingMessage): Promise<Served['readiness']> {
  const chunks: AsyncIterable<string> = response.setEncoding('utf8');
  let text = '';
  for await (const chunk of chunks) text += chunk;
  try {
    const { ready, ...parts } = JSON.parse(text) as Record<string, unknown>;
    if (typeof ready !== 'boolean') return undefined;
    return Object.fromEntries(Object.entries(parts).map(([part, state]) => [part, String(state)]));
  } catch {
    return undefined; // something else listens there
  }
}
