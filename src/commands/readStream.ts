import { standardInput } from './manifestFiles.js';
import { checkUtf8 } from './utf8.js';

/** All text of standard input.
 *  @throws ManifestError where it is not in UTF-8 */
export async function readStream(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  const bytes = Buffer.concat(chunks);
  checkUtf8(bytes, standardInput);
  return new TextDecoder().decode(bytes);
}
