import type { V1Secret } from '@kubernetes/client-node';
import { checkPair } from '../../certificates/source.js';
import { messageOf } from '../../errors.js';
import type { CertificateOrigin } from '../deployed.js';
import type { CertificateSecret } from '../installation.js';
import { getObject, type ReadingConnection } from './objects.js';

/** The certificates of the Secret that a Deployment starts from. */
export async function readCertificateSecret(
  connection: ReadingConnection,
  ownNamespace: string,
  origin: Exclude<CertificateOrigin, { readonly kind: 'unknown' }>,
): Promise<CertificateSecret> {
  const namespace = origin.kind === 'shared' ? origin.namespace : ownNamespace;
  const path = `/api/v1/namespaces/${namespace}/secrets/${origin.name}`;
  const { data = {} } = await getObject<V1Secret>(connection, path);
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
  const where = `${namespace}/${origin.name}`;
  const authority = text('ca.crt');
  if (origin.kind === 'shared') return { where, authority, certificate: '', pairFault: undefined };
  const certificate = text('tls.crt');
  return { where, authority, certificate, pairFault: pairFaultOf(certificate, text('tls.key'), where) };
}

function pairFaultOf(certificate: string, key: string, where: string): string | undefined {
  try {
    checkPair(certificate, key, where);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
