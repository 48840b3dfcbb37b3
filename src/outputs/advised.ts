import type { Advice } from '../advice/kit/advisor.js';
import type { Position } from '../errors.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { fieldOfAdvice } from './fields.js';
import { pathOfField, pathOfTarget } from './fieldPaths.js';
import { titleOf } from './targets.js';
import { clean } from './words.js';

/** An advice at its place, for programs that collect such things. It is a guess, so none of them is to fail by it. */
export interface Advised {
  readonly item: PreviewItem;
  readonly advice: Advice;
  readonly message: string;
  /** Of the field, or else of the nearest thing around it. */
  readonly position: Position;
}

/** What is likely to break, in the order of the manifests. */
export function advisedOf({ items }: Pick<Preview, 'items'>): Advised[] {
  return items.flatMap((item) => item.advice.map((advice) => advised(advice, item)));
}

function advised(advice: Advice, item: PreviewItem): Advised {
  const { field, target, says, write } = advice;
  const place = fieldOfAdvice(field, target, item);
  const path = field.startsWith('spec.')
    ? pathOfField(field)
    : [...pathOfTarget(item, target), ...pathOfField(field)];
  return {
    item,
    advice,
    message: clean(`${titleOf([target])}: ${place}: ${says}. To avoid it: ${write}`),
    position: item.positionOf(path),
  };
}
