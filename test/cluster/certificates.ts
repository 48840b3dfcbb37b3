import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { commandOutput, requireOnPath } from './commands.js';

/** PEM files of a certificate and its private key. */
export interface KeyPair {
  certificateFile: string;
  keyFile: string;
}

/** A certificate authority for one test run. */
export interface Authority extends KeyPair {
  /** Issues `<name>.crt` and `<name>.key`, good for servers (the hosts: names or addresses) and for clients.
   *  The subject is written as OpenSSL does: `/O=system:masters/CN=admin`. */
  issue(name: string, subject: string, hosts?: readonly string[]): Promise<KeyPair>;
}

/** A month, so that a control plane of `make cluster` may stay up. */
const validDays = '30';

/** Makes an authority whose files lie in the directory.
 *  @throws Error when the `openssl` command is missing or fails */
export async function createAuthority(directory: string, subject: string): Promise<Authority> {
  const purpose = 'certificates of the test control plane';
  const openssl = await requireOnPath('openssl', purpose, 'Install openssl.');
  const ca = await createKey(directory, 'ca');
  const config = join(directory, 'openssl.cnf');
  // The machine's own openssl.cnf is left out: it may add extensions a second time.
  await writeFile(config, '[req]\ndistinguished_name = subject\n[subject]\n[ca]\n' + authorityExtensions);
  const selfSigned = ['req', '-x509', '-new', '-config', config, '-extensions', 'ca', '-days', validDays];
  const output = ['-subj', subject, '-key', ca.keyFile, '-out', ca.certificateFile];
  await commandOutput(openssl, [...selfSigned, ...output]);

  return {
    ...ca,
    async issue(name, leafSubject, hosts = []) {
      const leaf = await createKey(directory, name);
      const request = join(directory, `${name}.csr`);
      const extensions = join(directory, `${name}.ext`);
      await writeFile(extensions, leafExtensions(hosts));
      const asked = ['req', '-new', '-config', config, '-subj', leafSubject, '-key', leaf.keyFile];
      await commandOutput(openssl, [...asked, '-out', request]);
      const signed = ['x509', '-req', '-in', request, '-CA', ca.certificateFile, '-CAkey', ca.keyFile];
      const contents = ['-set_serial', randomSerial(), '-days', validDays, '-extfile', extensions];
      await commandOutput(openssl, [...signed, ...contents, '-out', leaf.certificateFile]);
      return leaf;
    },
  };
}

/** Positive, and within the 20 octets of RFC 5280 section 4.1.2.2. */
function randomSerial(): string {
  return `0x01${randomBytes(15).toString('hex')}`;
}

const authorityExtensions = `basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

function leafExtensions(hosts: readonly string[]): string {
  const names = hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`);
  return [
    'basicConstraints = critical, CA:FALSE',
    'keyUsage = critical, digitalSignature',
    'extendedKeyUsage = serverAuth, clientAuth',
    ...(names.length > 0 ? [`subjectAltName = ${names.join(', ')}`] : []),
    '',
  ].join('\n');
}

async function createKey(directory: string, name: string): Promise<KeyPair> {
  const { keyFile } = await createSigningKey(directory, name);
  return { certificateFile: join(directory, `${name}.crt`), keyFile };
}

/** Writes an elliptic-curve key pair as `<name>.key` and `<name>.pub`. */
export async function createSigningKey(directory: string, name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const files = { keyFile: join(directory, `${name}.key`), publicKeyFile: join(directory, `${name}.pub`) };
  await writeFile(files.keyFile, privateKey, { mode: 0o600 });
  await writeFile(files.publicKeyFile, publicKey);
  return files;
}
