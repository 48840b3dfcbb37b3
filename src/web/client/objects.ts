import type { DecisionView, PlaceView } from '../view/decisions.js';
import type { ObjectView, StandingView } from '../view/objects.js';
import { element } from './dom.js';

type Jump = (place: PlaceView) => void;

/** What becomes of each object, as sections of the page. What was open stays so. */
export function renderObjects(host: HTMLElement, objects: readonly ObjectView[], jump: Jump): void {
  const open = new Set(
    [...host.querySelectorAll<HTMLDetailsElement>('details[open]')].map(({ dataset }) => dataset.key),
  );
  host.replaceChildren(...objects.map((object, index) => sectionOf(object, index, jump)));
  for (const details of host.querySelectorAll('details')) details.open = open.has(details.dataset.key);
}

function sectionOf(object: ObjectView, index: number, jump: Jump): HTMLElement {
  const { title, outcome, under, standing, decisions, quiet, notices } = object;
  const id = `object-${index}`;
  const about = [outcome, under].filter((part) => part !== undefined && part !== '').join(' · ');
  return element(
    'section',
    { class: 'object', 'aria-labelledby': id },
    element(
      'header',
      {},
      element('h2', { id }, title),
      element('span', { class: 'outcome' }, about),
      ...(standing === undefined ? [] : [levelsOf(standing)]),
    ),
    ...listOf(
      'notices',
      notices.map((text) => element('li', {}, text)),
    ),
    ...remainingOf(standing),
    ...(decisions.length === 0
      ? []
      : [
          element(
            'ul',
            { class: 'decisions', 'aria-label': `Decisions about ${title}` },
            ...decisions.map((decision) => decisionOf(decision, `${index}/`, jump)),
          ),
        ]),
    ...(quiet.length === 0 ? [] : [element('p', { class: 'quiet' }, `Nothing to do: ${quiet.join(', ')}`)]),
  );
}

function listOf(kind: string, items: readonly HTMLElement[]): HTMLElement[] {
  return items.length === 0 ? [] : [element('ul', { class: kind }, ...items)];
}

function levelsOf({ version, before, after }: StandingView): HTMLElement {
  const levels = before === after ? [after] : [before, after];
  const pills = levels.map((level, index) => {
    const isReached = index === levels.length - 1 && level === 'restricted';
    return element('span', { class: isReached ? 'level reached' : 'level' }, level);
  });
  const label = element('span', { title: `Pod Security Standards ${version}` }, 'Pod Security');
  const between = element('span', {}, '→');
  return element(
    'span',
    { class: 'levels' },
    label,
    ...pills.flatMap((pill, index) => (index === 0 ? [pill] : [between, pill])),
  );
}

function remainingOf(standing: StandingView | undefined): HTMLElement[] {
  const items = (standing?.remaining ?? []).map(({ places, remedy }) =>
    element('li', {}, 'For restricted: ', element('b', {}, places), ` → ${remedy}`),
  );
  return listOf('remaining', items);
}

/** A sign for each kind, and its word for who cannot see it. */
const kinds: Readonly<Record<DecisionView['kind'], readonly [mark: string, word: string]>> = {
  change: ['+', 'added'],
  possible: ['+', 'would be added'],
  mend: ['!', 'to mend'],
  skip: ['!', 'left alone'],
  note: ['·', 'for the log'],
};

function decisionOf(decision: DecisionView, prefix: string, jump: Jump): HTMLElement {
  const { kind, control, target, what, why } = decision;
  const [mark, word] = kinds[kind];
  const summary = element(
    'summary',
    {},
    element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    element(
      'span',
      { class: 'whose' },
      element('span', { class: 'visually-hidden' }, `${word}: `),
      element('span', { class: 'control' }, control),
      element('span', { class: 'target' }, target),
    ),
    element(
      'span',
      { class: 'what' },
      element('span', { class: 'said' }, what),
      element('span', { class: 'why' }, why),
    ),
  );
  const key = `${prefix}${kind}/${control}/${target}`;
  return element(
    'li',
    { class: `decision ${kind}` },
    element('details', { 'data-key': key }, summary, explanationOf(decision)),
    jumpsOf(decision, jump),
  );
}

function explanationOf(decision: DecisionView): HTMLElement {
  const { kind, notes, mayBreak, remedy, optOut, source } = decision;
  const isToMend = kind === 'mend' || kind === 'note';
  const entries: [string, (Node | string)[]][] = [
    ...notes.map((note): [string, string[]] => ['Note', [note]]),
    [isToMend ? 'Mending it may break' : 'May break', [mayBreak]],
    ...(remedy === undefined
      ? []
      : [[isToMend ? 'To mend it' : 'Write instead', [element('code', {}, remedy)]] as [string, Node[]]]),
    ['Opt out', [element('code', {}, optOut)]],
    ['Source', [element('a', { href: source, rel: 'noreferrer' }, source.replace('https://', ''))]],
  ];
  return element(
    'dl',
    {},
    ...entries.flatMap(([term, texts]) => [element('dt', {}, term), element('dd', {}, ...texts)]),
  );
}

/** Most places of one decision that can be jumped to. */
const maxPlaces = 3;

function jumpsOf({ control, target, places }: DecisionView, jump: Jump): HTMLElement {
  const buttons = places.slice(0, maxPlaces).map((place) => {
    const where = place.side === 'hardened' ? 'with hardening' : 'of your manifests';
    const label = `line ${place.line}`;
    const button = element(
      'button',
      { type: 'button', 'aria-label': `${label} ${where}: ${control}, ${target}` },
      label,
    );
    button.addEventListener('click', () => jump(place));
    return button;
  });
  return element('div', { class: 'jumps' }, ...buttons);
}
