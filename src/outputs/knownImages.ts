import type { KnownImage } from '../controls/kit/context.js';
import type { ImageFacts } from '../images/record.js';
import { column } from './words.js';

/** What an image needs, on one line: `uid 101, gid 101, port 80, writes /run`. */
export function spellFacts(facts: ImageFacts): string {
  const { runAsGroup, lowPorts = [], keepCapabilities = [], cannot = {} } = facts;
  const paths = [...(facts.writablePaths ?? []), ...(facts.dataPaths ?? [])];
  const leftOut = Object.keys(cannot);
  return [
    spellUser(facts),
    ...(runAsGroup === undefined ? [] : [`gid ${runAsGroup}`]),
    ...(lowPorts.length > 0 ? [`port ${lowPorts.join(', ')}`] : []),
    ...keepCapabilities,
    ...(paths.length > 0 ? [`writes ${paths.join(', ')}`] : []),
    ...(leftOut.length > 0 ? [`without ${leftOut.join(', ')}`] : []),
  ].join(', ');
}

function spellUser({ runAsUser, cannot }: ImageFacts): string {
  if (runAsUser !== undefined) return `uid ${runAsUser}`;
  return cannot?.runAsNonRoot === undefined ? 'any uid' : 'its own user';
}

/** A known image in full: each fact on a line of its own. */
export function renderKnownImage({ repository, facts, sources }: KnownImage, width = 100): string {
  const { runAsGroup, fsGroup = runAsGroup, cannot = {}, advice } = facts;
  const list = (items: readonly unknown[] | undefined) =>
    items === undefined ? undefined : items.join(', ');
  const rows: [string, string | undefined][] = [
    ['user', spellUser(facts)],
    ['group', list([runAsGroup].filter((group) => group !== undefined))],
    ['volumes', fsGroup === undefined ? undefined : `fsGroup ${fsGroup}`],
    ['writes', list(facts.writablePaths)],
    ['data', list(facts.dataPaths)],
    ['not over', list(facts.neverMount)],
    ['needs', list(facts.keepCapabilities)],
    ['ports', list(facts.lowPorts)],
    ['as root', facts.stepsDown ? 'changes owners and steps down, so it keeps its capabilities' : undefined],
    ...Object.entries(cannot).map(([id, reason]): [string, string] => ['without', `${id}: ${reason}`]),
    ['advice', advice],
    ['source', sources.join(', ')],
  ];
  const lines = rows.flatMap(([head, text]) =>
    text === undefined || text === '' ? [] : column(`  ${head}`.padEnd(12), text, width, (line) => line),
  );
  return [repository, ...lines].join('\n');
}
