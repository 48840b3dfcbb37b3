import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CertificateError, messageOf } from '../errors.js';
import { watchFolder } from './folderWatch.js';
import {
  type CertificateSource,
  checkPair,
  pairFiles,
  parseCertificate,
  type Served,
  type SourceEvents,
  sourceOf,
} from './source.js';

/** How a folder is followed. */
export interface CertificateFolderOptions {
  /** Longest time until a change is seen that the file system does not report; 10,000 if left out. */
  readonly pollMilliseconds?: number;
  /** Text of a file; the tests put themselves between two reads here. */
  readonly read?: (file: string) => Promise<string>;
}

/** What clients must trust, next to the pair: cert-manager writes it, and leaves it empty if it does not know. */
const caFile = 'ca.crt';

/** Between a failed look and the second one, which decides. */
const retryMilliseconds = 100;

/** What a look found. `digest` tells two findings apart. */
type Finding = { readonly digest: string } & (
  | { readonly served: Served; readonly error?: never }
  | { readonly error: CertificateError; readonly served?: never }
);

/** The pair `tls.crt` and `tls.key` of a folder, with `ca.crt` as caBundle if it is there, kept up to date.
 *  A mounted Secret is what it is made for; any other way to replace the files works too.
 *  @throws CertificateError when there is no usable pair at the start */
export async function openCertificateFolder(
  directory: string,
  { pollMilliseconds = 10_000, read = readText }: CertificateFolderOptions = {},
): Promise<CertificateSource> {
  const folder = resolve(directory);
  const first = await look(folder, read);
  if (first.error) throw first.error;
  const events = new EventEmitter<SourceEvents>();
  let good = first;
  let lastDigest = first.digest;
  let isClosed = false;

  async function reload(): Promise<void> {
    const finding = await look(folder, read, lastDigest);
    if (isClosed || finding.digest === lastDigest) return;
    lastDigest = finding.digest;
    if (finding.error) {
      events.emit('failure', finding.error);
    } else {
      // Also where it is what it was before a failure, which is then over.
      good = finding;
      events.emit('change', good.served.certificate);
    }
  }
  const endWatch = watchFolder(folder, pollMilliseconds, reload);

  return sourceOf(
    events,
    () => good.served,
    () => {
      isClosed = true;
      endWatch();
    },
  );
}

type Read = NonNullable<CertificateFolderOptions['read']>;

/** A failure counts only if a second look finds it too: the files may be replaced between two reads. One that is
 *  known already needs no second look. */
async function look(folder: string, read: Read, knownDigest?: string): Promise<Finding> {
  const finding = await lookOnce(folder, read);
  if (!finding.error || finding.digest === knownDigest) return finding;
  // This timer does keep the process alive, so that the error at the start is not lost.
  await delay(retryMilliseconds);
  return lookOnce(folder, read);
}

async function lookOnce(folder: string, read: Read): Promise<Finding> {
  // What cannot be read has no content to tell it apart; its message does.
  let digest: string | undefined;
  try {
    // One after the other: of two missing files, the same one is named each time.
    const cert = await readRequired(join(folder, pairFiles.cert), read);
    const key = await readRequired(join(folder, pairFiles.key), read);
    const ca = await readOptional(join(folder, caFile), read);
    digest = createHash('sha256')
      .update(JSON.stringify([cert, key, ca]))
      .digest('hex');
    const certificate = checkPair(cert, key, folder);
    if (ca !== undefined) parseCertificate(ca, join(folder, caFile));
    return { digest, served: { certificate, caBundle: ca } };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return { digest: digest ?? error.message, error };
  }
}

async function readRequired(file: string, read: Read): Promise<string> {
  try {
    return await read(file);
  } catch (cause) {
    throw readError(file, cause);
  }
}

async function readOptional(file: string, read: Read): Promise<string | undefined> {
  try {
    const text = await read(file);
    return text.trim() === '' ? undefined : text;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw readError(file, cause);
  }
}

function readError(file: string, cause: unknown): CertificateError {
  const isMissing = codeOf(cause) === 'ENOENT';
  const complaint = {
    where: file,
    expected: 'a PEM file that can be read',
    found: isMissing ? 'no such file' : messageOf(cause),
    advice: isMissing
      ? `mount a Secret of type kubernetes.io/tls there, or write ${pairFiles.cert} and ${pairFiles.key}`
      : 'let the user of this process read the folder and its files',
  };
  return new CertificateError(complaint, undefined, { cause });
}

function codeOf(error: unknown): unknown {
  // Not `instanceof Error`: jest gives each test file an `Error` of its own, which Node's errors are none of.
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8');
}
