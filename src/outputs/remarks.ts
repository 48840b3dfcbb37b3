import type { Position } from '../errors.js';
import type { Remaining } from '../hardening/standing.js';
import { noticeCodes } from '../policy/notices.js';
import type { Path } from '../preview/paths.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { pathOfField, pathOfTarget } from './fieldPaths.js';
import { remainingOf, shortOf } from './standing.js';
import { clean } from './words.js';

/** What is to be said of a pod as a whole, and comes of no control, for programs that collect such things. */
export interface Remark {
  readonly item: PreviewItem;
  readonly id: string;
  /** What all remarks with that id are about. */
  readonly summary: string;
  readonly level: 'warning' | 'error';
  readonly message: string;
  /** Of the field, or else of the nearest thing around it. */
  readonly position: Position;
}

/** Of each object, in the order of the manifests. */
export function remarksOf({ items }: Pick<Preview, 'items'>): Remark[] {
  return items.flatMap((item) => [...refusalOf(item), ...noticesOf(item)]);
}

/** Whether Pod Security will refuse the pod, whatever hardening adds. */
function refusalOf(item: PreviewItem): Remark[] {
  const { missed } = item.standing ?? {};
  if (missed === undefined) return [];
  const [first] = shortOf(missed, item);
  const groups = remainingOf(item, missed).map(({ places, remedy }) => `${places}. To mend it: ${remedy}`);
  return [
    {
      item,
      id: 'podSecurity',
      summary: 'the namespace demands a level of the Pod Security Standards that the pod does not reach',
      level: 'error',
      message: clean(`the pod will be refused: its namespace demands ${missed}; ${groups.join('; ')}`),
      position: item.positionOf(first === undefined ? [] : pathOf(first, item)),
    },
  ];
}

/** What comes of labels and annotations stands at the annotations: those of the namespace may be in no file. */
function noticesOf(item: PreviewItem): Remark[] {
  const { notices = [] } = item.report ?? {};
  return notices.map(({ code, text }) => ({
    item,
    id: code,
    summary: noticeCodes[code],
    level: 'warning',
    message: clean(text),
    position: item.positionOf(['metadata', 'annotations']),
  }));
}

function pathOf({ target, field }: Pick<Remaining, 'target' | 'field'>, item: PreviewItem): Path {
  const path = pathOfField(field);
  return field.startsWith('metadata.') ? path : [...pathOfTarget(item, target), ...path];
}
