import { isIP } from 'node:net';
import { UsageError } from '../errors.js';

/** A block of addresses as a NetworkPolicy takes it; a single address is a block of one.
 *  @throws UsageError for what is neither */
export function blockOf(text: string): string {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  const longest = version === 6 ? 128 : 32;
  const isLength =
    length === undefined || (/^\d{1,3}$/.test(length) && Number(length) > 0 && Number(length) <= longest);
  if (version === 0 || !isLength || rest.length > 0) {
    const expected = 'an address or a block, such as 10.96.0.1 or 10.0.0.0/28';
    throw new UsageError({ where: '--api-server', expected, found: `"${text}"` });
  }
  return length === undefined ? `${address}/${longest}` : text;
}
