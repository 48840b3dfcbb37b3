import { isIP, isIPv4 } from 'node:net';
import { CertificateError } from '../errors.js';
import { contextPrimitive, sequence } from './der.js';

/** Letters, digits, hyphens and the underscores that hosts outside the public web have; `*` as the first label. */
const dnsName =
  /^(?=.{1,253}$)(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

/** GeneralNames of DNS names and IP addresses, in DER (RFC 5280, 4.2.1.6).
 *  @throws CertificateError when there are none, or one is neither */
export function generalNames(names: readonly string[]): Buffer {
  if (names.length === 0) throw nameError('none');
  return sequence(...names.map(generalName));
}

function generalName(name: string): Buffer {
  if (isIP(name) !== 0) return contextPrimitive(7, addressBytes(name));
  // `10.0.0.256` is no address, and as a DNS name no client would ever match it.
  if (!dnsName.test(name) || /(^|\.)\d+$/.test(name)) throw nameError(JSON.stringify(name));
  return contextPrimitive(2, Buffer.from(name, 'ascii'));
}

function nameError(found: string): CertificateError {
  return new CertificateError({
    where: 'names of the serving certificate',
    expected: 'DNS names or IP addresses',
    found,
    advice: 'give each name under which clients reach the server, without scheme, port or trailing dot',
  });
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // Of the ways to write an IPv6 address, the URL parser leaves hexadecimal groups and at most one `::`.
  const url = `http://[${address}]`;
  if (!URL.canParse(url)) throw nameError(JSON.stringify(address));
  const [head = [], tail = []] = new URL(url).hostname.slice(1, -1).split('::').map(groupsOf);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
