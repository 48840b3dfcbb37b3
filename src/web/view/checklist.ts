import type { Row, Verdict } from '../../guides/checklist.js';
import { groupPlaces, tally } from '../../outputs/checklist.js';
import { pathOfField } from '../../outputs/fieldPaths.js';
import type { Path } from '../../preview/paths.js';
import type { PreviewItem } from '../../preview/preview.js';
import type { PlaceView } from './decisions.js';

/** A guide's items as one object answers them. */
export interface ChecklistView {
  readonly title: string;
  /** `9 satisfied, 5 by hardening, 2 open`. */
  readonly tally: string;
  readonly rows: readonly RowView[];
  /** Numbers of the items that no pod answers. */
  readonly outside: readonly string[];
}

/** One item of a guide. */
export interface RowView {
  readonly verdict: Exclude<Verdict, 'outside'>;
  readonly id: string;
  readonly section: string;
  readonly asks: string;
  /** What hardening adds, or what is open: containers that lack the same together. */
  readonly lacks: readonly LackView[];
}

export interface LackView {
  readonly told: string;
  /** What to write; undefined where hardening has. */
  readonly write: string | undefined;
  readonly places: readonly PlaceView[];
}

/** The checklist of an object; undefined where no guide was asked for, or there is no pod. */
export function viewChecklist(
  item: PreviewItem,
  lineInHardened: (path: Path) => number,
): ChecklistView | undefined {
  const { checklist } = item;
  if (checklist === undefined) return undefined;
  const { guide, rows } = checklist;
  return {
    title: guide.title,
    tally: tally(rows),
    rows: rows.flatMap((row) => viewRow(row, item, lineInHardened)),
    outside: rows.filter(({ verdict }) => verdict === 'outside').map(({ item: { id } }) => id),
  };
}

function viewRow(
  { item: { id, section, asks }, verdict, places }: Row,
  item: PreviewItem,
  lineInHardened: (path: Path) => number,
): RowView[] {
  if (verdict === 'outside') return [];
  const isAdded = verdict === 'hardened';
  const placeOf = (path: Path): PlaceView =>
    isAdded
      ? { side: 'hardened', line: lineInHardened(path) }
      : { side: 'manifests', line: item.positionOf(path).line };
  const lacks = groupPlaces(places, verdict, item).map(({ told, write, fields }) => ({
    told,
    write: isAdded ? undefined : write,
    // Of the rest of an object, and of what is not there at all, no pod has the place.
    places: fields.filter((field) => field.startsWith('spec.')).map((field) => placeOf(pathOfField(field))),
  }));
  return [{ verdict, id, section, asks, lacks }];
}
