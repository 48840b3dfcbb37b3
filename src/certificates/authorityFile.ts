import { writeFile } from 'node:fs/promises';
import type { CertificateSource } from './source.js';

/** Writes what clients must trust to a file, and again at each change, of which few bring another authority.
 *  @throws Error where it cannot be written now; later on `onError` is called */
export async function keepAuthority(
  file: string,
  source: CertificateSource,
  onError: (error: unknown) => void,
): Promise<void> {
  const write = () => writeFile(file, bundleOf(source));
  await write();
  source.onChange(() => void write().catch(onError));
}

function bundleOf({ caBundle }: CertificateSource): string {
  if (caBundle === undefined) throw new RangeError('a certificate in memory has no authority');
  return caBundle;
}
