import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { writeFiles } from '../certificates/secretFolder.js';
import { cleanUp, newFolder, start } from './program.js';

jest.setTimeout(30_000);
afterAll(cleanUp);

const head = 'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: default }\n';

const folder = newFolder();
const files = {
  typo: join(folder, 'typo.yaml'),
  twice: join(folder, 'twice'),
  otherKey: join(folder, 'otherKey'),
};
writeFiles(folder, { 'typo.yaml': `${head}spec:\n  controls:\n    runAsNonRot: {}\n` });
writeFiles(files.twice, { 'a.yaml': head, 'b.yaml': head });
const now = new Date();
const authority = createCertificateAuthority(now);
const issue = () => issueServingCertificate(authority, { names: ['127.0.0.1'], days: 1, now });
writeFiles(files.otherKey, { 'tls.crt': issue().cert, 'tls.key': issue().key });
mkdirSync(join(folder, 'empty'));
/** Nobody listens on the port of tcpmux. */
const unreachable = {
  clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:1' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  users: [{ name: 'none', user: {} }],
  'current-context': 'none',
};
writeFiles(folder, { unreachable: JSON.stringify(unreachable) });

const own = ['--self-signed', '--no-cluster'];
const shared = ['--tls-secret=a/b', '--kubeconfig', join(folder, 'unreachable')];
const anyPort = ['--admission-address=127.0.0.1:0', '--operations-address=127.0.0.1:0'];

const sources = '--tls-dir DIR, --tls-secret NAMESPACE/NAME or --self-signed';

/** Arguments of `serve`, and the one line that is then to be read. */
const cases: [string, string[], string][] = [
  ['an unknown flag', ['--tls-directory=x'], "error: unknown option '--tls-directory=x'"],
  ['a flag without its value', ['--policy'], "error: option '--policy <path>' argument missing"],
  ['too many arguments', ['now'], "error: too many arguments for 'serve'. Expected 0 arguments but got 1."],
  [
    'a mode that is none',
    ['--mode=on'],
    "error: option '--mode <mode>' argument 'on' is invalid. Allowed choices are enforce, warn, audit.",
  ],
  [
    'a level that is none',
    ['--log-level=loud'],
    "error: option '--log-level <level>' argument 'loud' is invalid. Allowed choices are error, warn, info, debug.",
  ],
  ...['soon', '-1', '', '1e9', 'NaN'].map((seconds): [string, string[], string] => [
    `a time that is none (${JSON.stringify(seconds)})`,
    [`--drain-delay=${seconds}`],
    `error: option '--drain-delay <seconds>' argument '${seconds}' is invalid. ` +
      'Expected a number of seconds from 0 to 3600.',
  ]),
  [
    'callers without an authority',
    [...own, '--client-name', 'kube-apiserver'],
    'podtemper: --client-name: expected --client-ca beside it, found none; a name means nothing where nobody vouches for it',
  ],
  [
    'an authority of callers that is none',
    [...own, '--client-ca', files.typo],
    `podtemper: ${files.typo}: expected a certificate in PEM form, found 122 bytes without a PEM block`,
  ],
  [
    'an authority of callers that is none, beside a Secret',
    [...shared, '--client-ca', files.typo],
    `podtemper: ${files.typo}: expected a certificate in PEM form, found 122 bytes without a PEM block`,
  ],
  ['no certificate', ['--no-cluster'], `podtemper: serve: expected ${sources}, found none; give one of them`],
  [
    'two certificates',
    ['--self-signed', '--tls-dir', folder],
    `podtemper: serve: expected ${sources}, found --tls-dir and --self-signed; give one of them`,
  ],
  [
    'a Secret without its namespace',
    ['--tls-secret=podtemper'],
    "error: option '--tls-secret <namespace/name>' argument 'podtemper' is invalid. Expected NAMESPACE/NAME.",
  ],
  [
    'a Secret, and no cluster',
    ['--no-cluster', '--tls-secret=a/b'],
    'podtemper: --tls-secret: expected a cluster that has the Secret, found --no-cluster',
  ],
  [
    'a Secret, and no cluster to be found',
    ['--tls-secret=a/b'],
    'podtemper: --tls-secret: expected a cluster that has the Secret, found none: no --kubeconfig, and this is no pod',
  ],
  [
    'a life that is none',
    ['--authority-life=365'],
    "error: option '--authority-life <time>' argument '365' is invalid. " +
      'Expected a time from 5s to 3650d, such as 30d or 12h.',
  ],
  [
    'a certificate that lasts too long for its authority',
    ['--tls-secret=a/b', '--authority-life=90d'],
    'podtemper: --certificate-life: expected a quarter of --authority-life at most, found 30 of 90 days; ',
  ],
  [
    'a folder without a certificate',
    ['--no-cluster', '--tls-dir', join(folder, 'empty')],
    `podtemper: ${folder}/empty/tls.crt: expected a PEM file that can be read, found no such file; ` +
      'mount a Secret of type kubernetes.io/tls there, or write tls.crt and tls.key',
  ],
  [
    'the key of another certificate',
    ['--no-cluster', '--tls-dir', files.otherKey],
    `podtemper: ${files.otherKey}/tls.key: expected the private key of the first certificate in tls.crt (`,
  ],
  [
    'a name that no certificate can have',
    [...own, '--server-name', 'https://localhost'],
    'podtemper: names of the serving certificate: expected DNS names or IP addresses, found "https://localhost"; ',
  ],
  [
    'a policy that is not there',
    [...own, '--policy', join(folder, 'none.yaml')],
    `podtemper: ${folder}/none.yaml: expected a policy file or a folder of them, found ENOENT: no such file`,
  ],
  [
    'a policy with a typo',
    [...own, '--policy', files.typo],
    `podtemper: ${files.typo}:6:5: spec.controls.runAsNonRot: expected a known key, found "runAsNonRot"; ` +
      'did you mean "runAsNonRoot"?',
  ],
  [
    'two policies of one name',
    [...own, '--policy', files.twice],
    `podtemper: ${files.twice}/b.yaml:3:19: metadata.name: expected a name of its own, found "default" again, ` +
      `after ${files.twice}/a.yaml:3:19; rename one`,
  ],
  [
    'two paths of policies, of which the first would be lost',
    [...own, '--policy', files.typo, '--policy', files.twice],
    `error: option '--policy <path>' argument '${files.twice}' is invalid. ` +
      `It comes after ${files.typo}: put both into one folder.`,
  ],
  [
    'a default policy that is not there',
    [...own, '--default-policy=defualt'],
    'podtemper: --default-policy: expected the name of a policy that is there, found "defualt"; ' +
      'did you mean "default"?',
  ],
  [
    'an address that is none',
    [...own, '--admission-address=localhost'],
    'podtemper: --admission-address: expected HOST:PORT, such as 127.0.0.1:8080, found "localhost"',
  ],
  [
    'a port that is none',
    [...own, anyPort[0] ?? '', '--operations-address=:65536'],
    'podtemper: --operations-address: expected HOST:PORT, such as 127.0.0.1:8080, found ":65536"',
  ],
  [
    'an address of another machine',
    [...own, '--admission-address=192.0.2.1:8443'],
    'podtemper: --admission-address: expected an address that is free, found listen EADDRNOTAVAIL: ',
  ],
  [
    'an address of another machine, beside a Secret',
    [...shared, '--admission-address=192.0.2.1:8443'],
    'podtemper: --admission-address: expected an address that is free, found listen EADDRNOTAVAIL: ',
  ],
  [
    'a file for the authority that cannot be written',
    [...own, ...anyPort, '--ca-out', join(folder, 'none', 'ca.crt')],
    'podtemper: --ca-out: expected a file that can be written, found ENOENT: no such file or directory',
  ],
  [
    'a file for an authority that is not ours',
    ['--no-cluster', '--tls-dir', files.otherKey, '--ca-out', join(folder, 'ca.crt')],
    'podtemper: --ca-out: expected --self-signed beside it, found --tls-dir; ',
  ],
  [
    'a kubeconfig that is not there',
    ['--self-signed', '--kubeconfig', join(folder, 'kubeconfig')],
    `podtemper: kubeconfig ${folder}/kubeconfig`,
  ],
];

describe('podtemper serve', () => {
  it.concurrent.each(cases)('ends with one line that helps: %s', async (_what, args, message) => {
    const process = start(['serve', ...args]);
    expect(await process.ended).toBe(2);
    expect(process.errors()).toMatch(/^[^\n]+\n$/);
    expect(process.errors().slice(0, message.length)).toBe(message);
    expect(process.log().map(({ msg }) => msg)).not.toContain('listening');
  });

  it.each(['--admission-address', '--operations-address'])(
    'ends where the port of %s is taken',
    async (flag) => {
      const other = createServer();
      await once(other.listen(0, '127.0.0.1'), 'listening');
      const { port } = other.address() as AddressInfo;
      const process = start(['serve', ...own, ...anyPort, `${flag}=127.0.0.1:${port}`]);
      const end = await process.ended;
      other.close();
      expect(process.errors()).toBe(
        `podtemper: ${flag}: expected an address that is free, found listen EADDRINUSE: address already in use ` +
          `127.0.0.1:${port}; choose another with ${flag}\n`,
      );
      expect(end).toBe(2);
    },
  );

  it('says what is wrong with an environment variable', async () => {
    const process = start(['serve'], { env: { PODTEMPER_DRAIN_DEADLINE: 'never' } });
    expect(await process.ended).toBe(2);
    expect(process.errors()).toContain("value 'never' from env 'PODTEMPER_DRAIN_DEADLINE' is invalid");
  });

  it('helps, which is no error', async () => {
    const process = start(['serve', '--help']);
    expect(await process.ended).toBe(0);
    expect(process.errors()).toBe('');
  });
});
