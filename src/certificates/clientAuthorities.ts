import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertificateError, messageOf } from '../errors.js';
import { watchFolder } from './folderWatch.js';
import { parseCertificate } from './source.js';

/** How the authorities of callers are followed. */
export interface ClientAuthoritiesOptions {
  readonly onChange: () => void;
  /** Called once for each fault, however often it is found; the last good ones stay. */
  readonly onError: (error: unknown) => void;
  /** Longest time until a change is seen that the file system does not report; 10,000 if left out. */
  readonly pollMilliseconds?: number;
}

/** Authorities that vouch for callers, kept up to date. */
export interface ClientAuthorities {
  /** PEM of the last good ones. */
  current(): string;
  close(): void;
}

/** The authorities of a PEM file.
 *  @throws CertificateError where there are none to start with */
export async function watchClientAuthorities(
  file: string,
  { onChange, onError, pollMilliseconds = 10_000 }: ClientAuthoritiesOptions,
): Promise<ClientAuthorities> {
  let current = await readAuthorities(file);
  let lastFault: string | undefined;
  const look = async () => {
    try {
      const next = await readAuthorities(file);
      lastFault = undefined;
      if (next === current) return;
      current = next;
      onChange();
    } catch (error) {
      if (messageOf(error) === lastFault) return;
      lastFault = messageOf(error);
      onError(error);
    }
  };
  return { current: () => current, close: watchFolder(dirname(file), pollMilliseconds, look) };
}

async function readAuthorities(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    const complaint = { where: file, expected: 'certificates in PEM form', found: messageOf(cause) };
    throw new CertificateError(complaint, undefined, { cause });
  });
  parseCertificate(pem, file);
  return pem;
}
