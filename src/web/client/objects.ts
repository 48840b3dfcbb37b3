import type { ObjectView, StandingView } from '../view/objects.js';
import { checklistOf } from './checklist.js';
import { rowOfAdvice, rowOfDecision } from './decisions.js';
import { element } from './dom.js';
import { type Jump, listOf } from './rows.js';

/** What becomes of each object, as sections of the page. What was open stays so. */
export function renderObjects(host: HTMLElement, objects: readonly ObjectView[], jump: Jump): void {
  const open = new Set(
    [...host.querySelectorAll<HTMLDetailsElement>('details[open]')].map(({ dataset }) => dataset.key),
  );
  host.replaceChildren(...objects.map((object, index) => sectionOf(object, index, jump)));
  for (const details of host.querySelectorAll('details')) details.open = open.has(details.dataset.key);
}

function sectionOf(object: ObjectView, index: number, jump: Jump): HTMLElement {
  const { title, outcome, under, standing, checklist, advice, decisions, quiet, notices } = object;
  const rows = [
    ...advice.map(rowOfAdvice),
    ...decisions.map((decision) => rowOfDecision(decision, `${index}/`)),
  ];
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
    ...plainListOf(
      'notices',
      notices.map((text) => element('li', {}, text)),
    ),
    ...remainingOf(standing),
    ...(checklist === undefined ? [] : checklistOf(checklist, jump)),
    ...listOf(`Decisions about ${title}`, rows, jump),
    ...(quiet.length === 0 ? [] : [element('p', { class: 'quiet' }, `Nothing to do: ${quiet.join(', ')}`)]),
  );
}

function plainListOf(kind: string, items: readonly HTMLElement[]): HTMLElement[] {
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
  return plainListOf('remaining', items);
}
