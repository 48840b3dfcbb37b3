import { type Advised, advisedOf } from '../../outputs/advised.js';
import { titleOf } from '../../outputs/targets.js';
import type { PreviewItem } from '../../preview/preview.js';
import type { PlaceView } from './decisions.js';

/** Something that is likely to break, and what to write to avoid it. */
export interface AdviceView {
  readonly advisor: string;
  /** `containers web, sidecar`. */
  readonly target: string;
  readonly says: string;
  readonly write: string;
  readonly places: readonly PlaceView[];
}

/** What is likely to break in an object once it is hardened: the same of several containers once. */
export function viewAdvice(item: PreviewItem): AdviceView[] {
  const groups = new Map<string, Advised[]>();
  for (const one of advisedOf({ items: [item] })) {
    const { advisor, says, write } = one.advice;
    const key = JSON.stringify([advisor, says, write]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap(viewGroup);
}

function viewGroup(group: readonly Advised[]): AdviceView[] {
  const [first] = group;
  if (first === undefined) return [];
  const { advisor, says, write } = first.advice;
  const target = titleOf(group.map(({ advice }) => advice.target));
  const places = group.map(({ position }) => ({ side: 'manifests', line: position.line }) as const);
  return [{ advisor, target, says, write, places }];
}
