import { isUtf8 } from 'node:buffer';
import { ManifestError } from '../errors.js';

/** Other bytes would be read as U+FFFD, and written back as such.
 *  @throws ManifestError where they are no text in UTF-8 */
export function checkUtf8(bytes: Uint8Array, file: string): void {
  if (isUtf8(bytes)) return;
  const found = isUtf16(bytes) ? 'UTF-16' : 'bytes that are no UTF-8';
  throw new ManifestError({ where: file, expected: 'text in UTF-8', found, advice: 'save it as UTF-8' });
}

/** Told by the byte order mark, with which PowerShell begins what it writes. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}
