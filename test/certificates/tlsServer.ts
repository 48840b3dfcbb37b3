import { once } from 'node:events';
import { createServer, get, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from '../../src/certificates/source.js';

/** An HTTPS server on a free port of 127.0.0.1. */
export interface TlsServer {
  readonly use: (certificate: Certificate) => void;
  /** Fingerprint of the certificate that a new connection gets, which must verify with the `ca` given. */
  readonly fingerprint: (client: RequestOptions) => Promise<string | undefined>;
  readonly close: () => void;
}

/** Starts a server that serves the certificate. */
export async function startTlsServer({ cert, key }: Certificate): Promise<TlsServer> {
  const server = createServer({ cert, key }, (_request, response) => response.end('ok'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    use: (certificate) => server.setSecureContext({ cert: certificate.cert, key: certificate.key }),
    fingerprint: (client) => peerFingerprint({ host: '127.0.0.1', port, ...client }),
    close: () => server.close().closeAllConnections(),
  };
}

function peerFingerprint(client: RequestOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    get({ agent: false, rejectUnauthorized: true, ...client }, (response) => {
      const socket = response.socket as TLSSocket;
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
      response.resume().on('end', () => resolve(fingerprint));
    }).on('error', reject);
  });
}
