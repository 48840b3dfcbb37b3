/** Where the API server is, as far as it is known. */
export interface ApiServer {
  /** Its addresses as blocks: `10.96.0.1/32`. None where nobody has said. */
  readonly blocks: readonly string[];
  readonly ports: readonly number[];
  /** From where that is known, in words. */
  readonly source: string;
}

/** Nobody has said where it is. */
export const unknownApiServer: ApiServer = { blocks: [], ports: [443, 6443], source: '' };

/** Link-local addresses, where clouds answer with the credentials of the node, and those that lie elsewhere. */
const metadata = {
  v4: ['169.254.0.0/16', '100.100.100.200/32'],
  v6: ['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
};

/** Private addresses: an API server of unknown address has most likely one of these. */
const privateBlocks = {
  v4: ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'],
  v6: ['fc00::/7'],
};

/** What is left out of "everywhere": the metadata addresses of clouds, and the API server, or where it may be. */
export function exceptionsOf({ blocks }: ApiServer): { readonly v4: string[]; readonly v6: string[] } {
  const isSix = (block: string) => block.includes(':');
  if (blocks.length === 0) {
    return {
      v4: [...metadata.v4.filter((block) => !block.startsWith('100.')), ...privateBlocks.v4],
      v6: ['fe80::/10', ...privateBlocks.v6],
    };
  }
  return {
    v4: [...metadata.v4, ...blocks.filter((block) => !isSix(block))],
    v6: [...metadata.v6, ...blocks.filter(isSix)],
  };
}
