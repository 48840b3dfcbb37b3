import type { Checklist, Row, Verdict } from '../guides/checklist.js';
import type { Place } from '../guides/guide.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { fieldIn } from './fields.js';
import { plain, type Style } from './style.js';
import { titleOf } from './targets.js';
import type { TextOptions } from './text.js';
import { clean, column, count, painter, wrap } from './words.js';

/** A guide as a report: for each object a line for each item, whether it is satisfied, by itself or by hardening, and
 *  where it is not the container, the field and what to write. */
export function renderChecklists(
  { items }: Preview,
  { style = plain, width = 100 }: TextOptions = {},
): string {
  const sections = items
    .filter(({ checklist }) => checklist !== undefined)
    .map((item) => checklistLines(item, style, width))
    .map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join(''));
  return sections.length === 0 ? 'No workload among the manifests.\n' : sections.join('\n');
}

function checklistLines(item: PreviewItem, style: Style, width: number): string[] {
  const { checklist } = item;
  if (checklist === undefined) return [];
  const numbers = Math.max(...checklist.rows.map(({ item: { id } }) => id.length));
  const judged = checklist.rows.filter(({ verdict }) => verdict !== 'outside');
  return [
    ...headline(item, checklist, style, width),
    ...judged.flatMap((row) => rowLines(row, item, { numbers, style, width })),
    ...outsideLines(checklist, { numbers, style, width }),
  ];
}

function headline(item: PreviewItem, { guide, rows }: Checklist, style: Style, width: number): string[] {
  const path = [item.namespace, item.name].filter((part) => part !== '').join('/');
  const name = clean(`${item.kind} ${path}`.trim());
  const [first = '', ...rest] = wrap(`${name}: ${tally(rows)}, by ${guide.title}`, width - 2);
  const title = first.startsWith(name) ? style('bold', name) + first.slice(name.length) : first;
  return [title, ...rest.map((line) => `  ${line}`)];
}

/** `9 satisfied, 5 by hardening, 2 open`. */
export function tally(rows: readonly Row[]): string {
  const number = (wanted: Verdict) => rows.filter(({ verdict }) => verdict === wanted).length;
  return `${number('satisfied')} satisfied, ${number('hardened')} by hardening, ${number('open')} open`;
}

interface Layout {
  /** Length of the longest number. */
  readonly numbers: number;
  readonly style: Style;
  readonly width: number;
}

const marks = {
  satisfied: ['=', 'dim'],
  hardened: ['+', 'green'],
  open: ['!', 'yellow'],
} as const;

function rowLines({ item: asked, verdict, places }: Row, item: PreviewItem, layout: Layout): string[] {
  if (verdict === 'outside') return [];
  const { numbers, style, width } = layout;
  const [mark, format] = marks[verdict];
  const head = `  ${mark} ${asked.id.padStart(numbers)}  `;
  const [first = '', ...rest] = column(head, asked.asks, width, (line) => line);
  const lines =
    verdict === 'satisfied'
      ? [first, ...rest].map(painter(style, format))
      : [first.replace(mark, style(format, mark)), ...rest];
  return lines.concat(placeLines(verdict, places, item, { ...layout, indent: ' '.repeat(head.length) }));
}

/** Places that are told of one row; a pod may have a thousand containers. */
const maxPlaces = 5;

function placeLines(
  verdict: Verdict,
  places: readonly Place[],
  item: PreviewItem,
  { indent, style, width }: Layout & { readonly indent: string },
): string[] {
  const groups = groupPlaces(places, verdict, item);
  const more = groups.length - maxPlaces;
  const lines = groups.slice(0, maxPlaces).flatMap(({ told, write }) => {
    const remedy = verdict === 'open' ? column(indent, `→ ${write}`, width, painter(style, 'cyan')) : [];
    return column(indent, told, width, painter(style, 'dim')).concat(remedy);
  });
  return more > 0 ? [...lines, `${indent}and ${count(more, 'place')} more`] : lines;
}

/** Places that one line tells of: containers that lack the same share it. */
export interface PlaceGroup {
  /** `containers web, sidecar: runAsUser is 0`. */
  readonly told: string;
  /** What to write there, or what hardening writes. */
  readonly write: string;
  /** From the pod's root, one for each place. */
  readonly fields: readonly string[];
}

/** The places of a row as they are told. */
export function groupPlaces(
  places: readonly Place[],
  verdict: Verdict,
  item: Pick<PreviewItem, 'templatePointer'>,
): PlaceGroup[] {
  const groups = new Map<string, { text: string; targets: string[]; write: string; fields: string[] }>();
  for (const place of places) {
    const text = textOf(place, verdict, item);
    const key = `${text}\n${place.write}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { text, targets: [...place.targets], write: place.write, fields: [place.field] });
    } else {
      group.targets.push(...place.targets);
      group.fields.push(place.field);
    }
  }
  return [...groups.values()].map(({ text, targets, write, fields }) => ({
    told: clean(targets.length === 0 ? text : `${titleOf(targets)}: ${text}`),
    write,
    fields,
  }));
}

function textOf(
  { field, found, reason, write, targets }: Place,
  verdict: Verdict,
  item: Pick<PreviewItem, 'templatePointer'>,
): string {
  const isOfPod = field.startsWith('spec.');
  const isOfContainer = targets.length > 0 && /^spec\.(?:initContainers|containers)\[\d+\]\./.test(field);
  // A container has been named by then.
  const short = isOfContainer ? field.replace(/^spec\.\w+\[\d+\]\./, '') : field;
  const where = isOfPod && !isOfContainer ? fieldIn(item, field) : short;
  if (verdict === 'hardened') return isOfContainer ? write : where;
  return `${where} is ${found}${reason === undefined ? '' : `: ${reason}`}`;
}

function outsideLines({ rows }: Checklist, { numbers, style, width }: Layout): string[] {
  const outside = rows.filter(({ verdict }) => verdict === 'outside');
  if (outside.length === 0) return [];
  const ids = outside.map(({ item }) => item.id).join(', ');
  const head = `  - ${' '.repeat(numbers)}  `;
  return column(head, `not to be seen from a pod: ${ids}`, width, painter(style, 'dim'));
}

/** A checklist as data. */
export function describeChecklist({ guide, rows }: Checklist, item: PreviewItem) {
  return {
    name: guide.id,
    title: guide.title,
    source: guide.source,
    items: rows.map(({ item: { id, section, asks, ...rest }, verdict, places }) => ({
      id,
      section,
      asks,
      verdict,
      ...('outside' in rest && { outside: rest.outside }),
      places: places.map(({ targets, field, ...place }) => ({
        targets,
        field: field.startsWith('spec.') ? fieldIn(item, field) : field,
        ...place,
      })),
    })),
  };
}
