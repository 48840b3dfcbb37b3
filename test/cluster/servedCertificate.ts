import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { type WebhookProcess } from './webhookProcess.js';

/** The certificate that a new connection to the replica gets. */
export function servedBy({ admission }: WebhookProcess): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...admission, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
      else reject(new Error('certificate: expected one, found none'));
    });
    socket.on('error', reject);
  });
}
