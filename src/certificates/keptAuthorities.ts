import { CertificateError } from '../errors.js';
import { issueServingCertificate } from './authority.js';
import { bundleOf } from './authorities.js';
import { type Certificate, checkPair } from './source.js';

/** Names of the texts in which authorities are kept: certificates, and their private keys in the same order. */
const files = { cert: 'ca.crt', key: 'ca.key' } as const;

/** Far more than are ever alive at a time; each costs a millisecond. */
const mostAuthorities = 8;

/** Texts by their names, as a Secret holds them. */
export type Texts = Readonly<Record<string, string>>;

/** The authorities as texts. */
export function keepAuthorities(authorities: readonly Certificate[]): Texts {
  return { [files.cert]: bundleOf(authorities), [files.key]: authorities.map(({ key }) => key).join('') };
}

/** The authorities that the texts hold; none where there are no texts. `where` names what holds them.
 *  @throws CertificateError unless each certificate has its own key and can sign, of which no message tells more */
export function readAuthorities(texts: Texts, where: string, now: Date): readonly Certificate[] {
  const { [files.cert]: certs, [files.key]: keys } = texts;
  if (certs === undefined && keys === undefined) return [];
  const [certBlocks, keyBlocks] = [blocksOf(certs), blocksOf(keys)];
  const count = certBlocks.length;
  if (count === 0 || count > mostAuthorities || count !== keyBlocks.length) {
    throw new CertificateError({
      where,
      expected: `1 to ${mostAuthorities} certificates in ${files.cert}, and as many private keys in ${files.key}`,
      found: `${count} and ${keyBlocks.length}`,
    });
  }
  return certBlocks.map((cert, at) => {
    const authority = checkPair(cert, keyBlocks[at] ?? '', where, files);
    requireSigning(authority, now);
    return authority;
  });
}

/** Each PEM block of a text, of whatever kind. */
function blocksOf(text = ''): readonly string[] {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g) ?? [];
  return blocks.map((block) => `${block}\n`);
}

/** What is no authority of ours, or cannot sign as ours do, shows in the attempt. */
function requireSigning(authority: Certificate, now: Date): void {
  issueServingCertificate(authority, { names: ['attempt.invalid'], days: 1, now });
}
