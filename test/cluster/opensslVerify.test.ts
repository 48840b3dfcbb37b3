import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import { commandOutput, requireOnPath } from './commands.js';

describe('OpenSSL', () => {
  let directory: string;
  let openssl: string;
  let ca: string;
  let leaf: string;

  beforeAll(async () => {
    openssl = await requireOnPath('openssl', 'a second opinion on our certificates', 'Install openssl.');
    directory = await mkdtemp(join(tmpdir(), 'podtemper-openssl-'));
    const source = createSelfSigned({ names: ['podtemper.system.svc', '2001:db8::1'] });
    [ca, leaf] = [join(directory, 'ca.crt'), join(directory, 'tls.crt')];
    await writeFile(ca, source.caBundle);
    await writeFile(leaf, source.current().cert);
    source.close();
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    ['-verify_hostname', 'podtemper.system.svc'],
    ['-verify_ip', '2001:db8::1'],
  ])('verifies the self-signed certificate strictly, with %s %s', async (flag, name) => {
    const strictly = ['verify', '-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', flag, name];
    expect(await commandOutput(openssl, [...strictly, '-CAfile', ca, leaf])).toBe(`${leaf}: OK\n`);
  });

  it('reads the extensions, the right ones marked critical', async () => {
    const text = await commandOutput(openssl, ['x509', '-in', leaf, '-noout', '-text']);
    expect(text).toMatch(/Version: 3 /);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: \n\s+TLS Web Server Authentication\n/);
    const authority = await commandOutput(openssl, ['x509', '-in', ca, '-noout', '-text']);
    expect(authority).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(authority).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  });
});
