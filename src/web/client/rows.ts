import type { PlaceView } from '../view/decisions.js';
import { element } from './dom.js';

/** Leads to a place in one of the editors. */
export type Jump = (place: PlaceView) => void;

/** One line of a list about an object: what it is about, what is said of it, and where. */
export interface RowParts {
  /** Its look. */
  readonly kind: string;
  /** A sign, and its word for who cannot see it. */
  readonly sign: readonly [mark: string, word: string];
  readonly name: string;
  /** What it is about: a container, a section. */
  readonly about: string;
  /** What is said, and beneath it what else there is. */
  readonly said: string;
  readonly beneath: readonly (Node | string)[];
  readonly places: readonly PlaceView[];
  /** What opens beneath the line; its key tells it from others, so that what was open stays so. */
  readonly more?: { readonly key: string; readonly content: HTMLElement };
}

/** A list of such lines; nothing where there are none. */
export function listOf(label: string, rows: readonly RowParts[], jump: Jump): HTMLElement[] {
  if (rows.length === 0) return [];
  return [element('ul', { class: 'rows', 'aria-label': label }, ...rows.map((row) => elementOf(row, jump)))];
}

function elementOf(row: RowParts, jump: Jump): HTMLElement {
  const { kind, more, said } = row;
  const [mark, word] = row.sign;
  const line = [
    element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    element(
      'span',
      { class: 'whose' },
      element('span', { class: 'visually-hidden' }, `${word}: `),
      element('span', { class: 'name' }, row.name),
      element('span', { class: 'about' }, row.about),
    ),
    element(
      'span',
      { class: 'what' },
      element('span', { class: 'said' }, said),
      ...row.beneath.map((part) => element('span', { class: 'beneath' }, part)),
    ),
  ];
  const shown =
    more === undefined
      ? element('div', { class: 'line' }, ...line)
      : element(
          'details',
          { 'data-key': more.key },
          element('summary', { class: 'line' }, ...line),
          more.content,
        );
  return element('li', { class: `row ${kind}` }, shown, jumpsOf(row, jump));
}

/** Most places of one line that can be jumped to. */
const maxPlaces = 3;

function jumpsOf({ name, about, places }: RowParts, jump: Jump): HTMLElement {
  const buttons = places.slice(0, maxPlaces).map((place) => {
    const where = place.side === 'hardened' ? 'with hardening' : 'of your manifests';
    const label = `line ${place.line}`;
    const button = element(
      'button',
      { type: 'button', 'aria-label': `${label} ${where}: ${name}, ${about}` },
      label,
    );
    button.addEventListener('click', () => jump(place));
    return button;
  });
  return element('div', { class: 'jumps' }, ...buttons);
}
