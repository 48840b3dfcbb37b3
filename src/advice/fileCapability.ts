import { addsCapability, canonicalCapability } from '../controls/kit/security.js';
import { imageRecords } from '../images/index.js';
import type { Container } from '../kubernetes.js';
import { type Advisor, type Hint, silent } from './kit/advisor.js';
import { imageNameOf, invocationsOf } from './kit/programs.js';

/** By the last part of their names, the images whose binary does not start without a capability. `controller` says
 *  nothing without the folder before it. */
const carriers: ReadonlyMap<string, { capability: string; repository: string }> = new Map(
  imageRecords.flatMap(({ repositories, variants }) => {
    const [capability] = variants.flatMap(({ keepCapabilities = [] }) => keepCapabilities);
    return capability === undefined
      ? []
      : repositories.map((repository) => [lastParts(repository), { capability, repository }] as const);
  }),
);

function lastParts(repository: string): string {
  const parts = repository.split('/');
  const last = parts.at(-1) ?? '';
  return last === 'controller' || last === 'server' ? parts.slice(-2).join('/') : last;
}

/** Looks for binaries with file capabilities, which the kernel does not start once these are dropped. */
export const fileCapability: Advisor = {
  id: 'fileCapability',
  summary:
    'A copy of an image whose binary carries a file capability, and ping: neither starts once the capability is dropped.',
  source: 'https://man7.org/linux/man-pages/man7/capabilities.7.html',
  look(subject) {
    const { container, change, known } = subject;
    const dropping = change('capabilities');
    if (dropping === undefined) return silent;
    const lacks = (capability: string) =>
      !addsCapability(container.securityContext, capability) && !addsByHardening(dropping.set, capability);
    return [
      ...(known.image === undefined ? copyOf(container, lacks) : []),
      ...(lacks('NET_RAW') ? pingIn(container) : []),
    ];
  },
};

function addsByHardening(set: object, capability: string): boolean {
  const { securityContext } = set as {
    readonly securityContext?: { readonly capabilities?: { readonly add?: readonly string[] } };
  };
  return securityContext?.capabilities?.add?.map(canonicalCapability).includes(capability) === true;
}

function copyOf(container: Container, lacks: (capability: string) => boolean): Hint[] {
  const { image } = container;
  const carrier =
    image == null
      ? undefined
      : (carriers.get(imageNameOf(container)) ?? carriers.get(lastParts(image.replace(/[:@].*$/s, ''))));
  if (carrier === undefined || !lacks(carrier.capability)) return [];
  const { capability, repository } = carrier;
  return [
    {
      field: 'image',
      says: `if it is a copy of ${repository}, its binary carries ${capability} as a file capability, and does not start without ("operation not permitted")`,
      write: `securityContext.capabilities.add: [${capability}]; or the registry among imageCatalogue.mirrors of the policy`,
    },
  ];
}

function pingIn(container: Container): Hint[] {
  const ping = invocationsOf(container).find(({ name }) => name === 'ping' || name === 'ping6');
  if (ping === undefined) return [];
  return [
    {
      field: ping.field,
      says: 'ping needs NET_RAW in most images, which is dropped',
      write: 'a connection to a port in place of ping; or securityContext.capabilities.add: [NET_RAW]',
    },
  ];
}
