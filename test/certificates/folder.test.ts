import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { type CertificateFolderOptions, openCertificateFolder } from '../../src/certificates/folder.js';
import type { Certificate, CertificateSource } from '../../src/certificates/source.js';
import { type Files, mountSecret, temporaryFolder, writeFiles } from './secretFolder.js';
import { startTlsServer } from './tlsServer.js';
import { eventually } from './waiting.js';

const now = new Date();
const authority = createCertificateAuthority(now);
const issue = () => issueServingCertificate(authority, { names: ['127.0.0.1'], days: 30, now });
const filesOf = ({ cert, key }: Certificate): Files => ({ 'tls.crt': cert, 'tls.key': key });

/** So long that only the watch can have noticed. */
const never = { pollMilliseconds: 3_600_000 };

/** Longer than `eventually` waits, which says what did not come. */
jest.setTimeout(60_000);

let folder: string;
let cleanups: (() => void)[];

beforeEach(() => {
  folder = temporaryFolder();
  cleanups = [() => rmSync(folder, { recursive: true, force: true })];
});
afterEach(() => {
  for (const cleanup of cleanups.toReversed()) cleanup();
});

interface Opened {
  readonly source: CertificateSource;
  readonly changes: string[];
  readonly errors: string[];
}

async function open(options: CertificateFolderOptions, directory = folder): Promise<Opened> {
  const source = await openCertificateFolder(directory, options);
  cleanups.push(() => source.close());
  const opened: Opened = { source, changes: [], errors: [] };
  source.onChange(({ fingerprint }) => opened.changes.push(fingerprint));
  source.onError(({ message }) => opened.errors.push(message));
  return opened;
}

/** Reads that are counted: two more looks have ended when the key was read three more times. */
function countedRead() {
  let keyReads = 0;
  return {
    read: (file: string) => {
      if (file.endsWith('tls.key')) keyReads += 1;
      return readFile(file, 'utf8');
    },
    twoMoreLooks: async () => {
      const enough = keyReads + 3;
      await eventually('two more looks', () => keyReads >= enough);
    },
  };
}

describe('a certificate folder at the start', () => {
  it('gives the pair, and ca.crt as caBundle', async () => {
    const pair = issue();
    writeFiles(folder, { ...filesOf(pair), 'ca.crt': authority.cert });
    const { source } = await open(never);
    expect(source.current()).toEqual(pair);
    expect(source.caBundle).toBe(authority.cert);
  });

  it.each([undefined, '', '\n'])('knows no caBundle where ca.crt is %j', async (ca) => {
    writeFiles(folder, { ...filesOf(issue()), ...(ca === undefined ? {} : { 'ca.crt': ca }) });
    expect((await open(never)).source.caBundle).toBeUndefined();
  });

  it('names the file that is missing', async () => {
    await expect(openCertificateFolder(join(folder, 'none'))).rejects.toThrow(
      `${folder}/none/tls.crt: expected a PEM file that can be read, found no such file; ` +
        'mount a Secret of type kubernetes.io/tls there, or write tls.crt and tls.key',
    );
    writeFiles(folder, { 'tls.crt': issue().cert });
    await expect(openCertificateFolder(folder)).rejects.toThrow(`${folder}/tls.key: expected a PEM file`);
  });

  it('says why a file cannot be read', async () => {
    writeFiles(join(folder, 'tls.crt'), {});
    writeFiles(folder, { 'tls.key': issue().key });
    await expect(openCertificateFolder(folder)).rejects.toThrow(
      /tls\.crt: expected .*, found .*EISDIR: .*; let the user of this process read the folder and its files/,
    );
  });

  it('refuses a key of another certificate and a ca.crt that is none', async () => {
    writeFiles(folder, { ...filesOf(issue()), 'tls.key': issue().key });
    await expect(openCertificateFolder(folder)).rejects.toThrow(
      new RegExp(`^${folder}/tls.key: expected the private key of the first .* found the key of another`),
    );
    writeFiles(folder, { ...filesOf(issue()), 'ca.crt': 'x' });
    await expect(openCertificateFolder(folder)).rejects.toThrow(
      `${folder}/ca.crt: expected a certificate in PEM form, found 1 bytes without a PEM block`,
    );
  });
});

describe('a certificate folder that changes', () => {
  it('is followed through the swaps of a mounted Secret by a running server', async () => {
    mountSecret(folder, filesOf(issue()));
    const { source, changes, errors } = await open(never);
    const server = await startTlsServer(source.current());
    cleanups.push(server.close);
    source.onChange(server.use);
    for (const next of [issue(), issue()]) {
      mountSecret(folder, filesOf(next));
      await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
      expect(await server.fingerprint({ ca: authority.cert })).toBe(next.fingerprint);
    }
    expect(changes).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it('is followed when the files are overwritten in place, with a caBundle that comes and changes', async () => {
    writeFiles(folder, filesOf(issue()));
    const { source, changes } = await open(never);
    const next = issue();
    writeFiles(folder, filesOf(next));
    await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
    for (const ca of [authority.cert, createCertificateAuthority(now).cert]) {
      writeFiles(folder, { 'ca.crt': ca });
      await eventually('the new caBundle', () => source.caBundle === ca);
    }
    expect(changes).toEqual([next.fingerprint, next.fingerprint, next.fingerprint]);
  });

  it('is followed when the folder is deleted and made anew, and from then on', async () => {
    writeFiles(folder, filesOf(issue()));
    const { source, errors } = await open({ pollMilliseconds: 50 });
    rmSync(folder, { recursive: true });
    await eventually('the error', () => errors.length > 0);
    for (const next of [issue(), issue()]) {
      writeFiles(folder, filesOf(next));
      await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
    }
    expect(errors[0]).toMatch(/found no such file/);
  });

  it('is watched anew once it is another folder', async () => {
    writeFiles(folder, filesOf(issue()));
    const { source } = await open(never);
    for (const round of ['old-1', 'old-2']) {
      const next = issue();
      const replacement = temporaryFolder();
      writeFiles(replacement, filesOf(next));
      const aside = `${folder}-${round}`;
      cleanups.push(() => rmSync(aside, { recursive: true }));
      // The watch sees the folder go; what it finds then is the replacement.
      renameSync(folder, aside);
      renameSync(replacement, folder);
      await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
    }
  });

  it('is found by polling where no watch sees it', async () => {
    const [first, second] = [issue(), issue()];
    writeFiles(join(folder, 'first'), filesOf(first));
    writeFiles(join(folder, 'second'), filesOf(second));
    const link = join(folder, 'link');
    symlinkSync('first', link);
    const { source, changes } = await open({ pollMilliseconds: 10 }, link);
    symlinkSync('second', join(folder, 'next'));
    renameSync(join(folder, 'next'), link);
    await eventually('the new certificate', () => source.current().fingerprint === second.fingerprint);
    expect(changes).toEqual([second.fingerprint]);
  });

  it('is not reported when only times change, nor after it is closed', async () => {
    const pair = issue();
    writeFiles(folder, filesOf(pair));
    const counted = countedRead();
    const { source, changes, errors } = await open({ pollMilliseconds: 10, read: counted.read });
    writeFiles(folder, filesOf(pair));
    await counted.twoMoreLooks();
    source.close();
    writeFiles(folder, filesOf(issue()));
    expect([changes, errors]).toEqual([[], []]);
    expect(source.current()).toEqual(pair);
  });
});

describe('a pair that breaks', () => {
  it('leaves the last good one serving, is reported once, and recovers', async () => {
    const good = issue();
    writeFiles(folder, filesOf(good));
    const counted = countedRead();
    const { source, changes, errors } = await open({ pollMilliseconds: 10, read: counted.read });

    writeFiles(folder, { 'tls.key': issue().key });
    await eventually('the error', () => errors.length > 0);
    await counted.twoMoreLooks();
    expect(errors).toEqual([expect.stringMatching(/tls\.key: .* found the key of another certificate/)]);
    expect(source.current()).toEqual(good);

    writeFiles(folder, { 'tls.key': 'x' });
    await eventually('the second error', () => errors.length > 1);
    await counted.twoMoreLooks();
    expect(errors).toHaveLength(2);
    expect(changes).toEqual([]);

    const next = issue();
    writeFiles(folder, filesOf(next));
    await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
    expect(errors).toHaveLength(2);
    expect(changes).toEqual([next.fingerprint]);
  });

  it('is told to be mended also where the good one is put back as it was', async () => {
    const good = issue();
    writeFiles(folder, filesOf(good));
    const { source, changes, errors } = await open({ pollMilliseconds: 10 });
    for (const times of [1, 2]) {
      writeFiles(folder, { 'tls.key': issue().key });
      await eventually('the error', () => errors.length === times);
      writeFiles(folder, filesOf(good));
      await eventually('the end of the error', () => changes.length === times);
    }
    expect(changes).toEqual([good.fingerprint, good.fingerprint]);
    expect(source.current()).toEqual(good);
  });

  it('is no error when the Secret is swapped between the reads of its files', async () => {
    mountSecret(folder, filesOf(issue()));
    let afterCert: (() => void) | undefined;
    let certRead = Promise.resolve();
    const read = async (file: string): Promise<string> => {
      if (file.endsWith('tls.crt')) {
        const text = readFileSync(file, 'utf8');
        afterCert?.();
        afterCert = undefined;
        return text;
      }
      await certRead;
      return readFile(file, 'utf8');
    };
    const { source, errors } = await open({ pollMilliseconds: 10, read });
    const next = issue();
    let wasSwapped = false;
    certRead = new Promise((resolve) => {
      afterCert = () => {
        mountSecret(folder, filesOf(next));
        wasSwapped = true;
        resolve();
      };
    });
    await eventually('the new certificate', () => source.current().fingerprint === next.fingerprint);
    expect(wasSwapped).toBe(true);
    expect(errors).toEqual([]);
  });
});
