import type { ChecklistView, RowView } from '../view/checklist.js';
import { element } from './dom.js';
import { type Jump, listOf, type RowParts } from './rows.js';

/** A sign for each verdict, and its word for who cannot see it. */
const signs: Readonly<Record<RowView['verdict'], RowParts['sign']>> = {
  satisfied: ['=', 'satisfied'],
  hardened: ['+', 'satisfied by hardening'],
  open: ['!', 'open'],
};

/** A guide's items, one a line. */
export function checklistOf({ title, tally, rows, outside }: ChecklistView, jump: Jump): HTMLElement[] {
  const unseen = `Not to be seen from a pod: ${outside.join(', ')}`;
  return [
    element('h3', {}, `${tally}, by ${title}`),
    ...listOf(`Items of ${title}`, rows.map(partsOf), jump),
    ...(outside.length === 0 ? [] : [element('p', { class: 'quiet' }, unseen)]),
  ];
}

/** Most places of one item that are told; a pod may have a thousand containers. */
const maxLacks = 5;

function partsOf({ verdict, id, section, asks, lacks }: RowView): RowParts {
  const told = lacks
    .slice(0, maxLacks)
    .map(({ told: text, write }) => (write === undefined ? text : `${text} → ${write}`));
  const more = lacks.length - maxLacks;
  return {
    kind: verdict,
    sign: signs[verdict],
    name: id,
    about: section,
    said: asks,
    beneath: more > 0 ? [...told, `and ${more} more`] : told,
    places: lacks.flatMap(({ places }) => places),
  };
}
