import type { Advice } from '../../advice/kit/advisor.js';
import { pathOfField } from '../../outputs/fieldPaths.js';
import { fieldOfAdvice } from '../../outputs/fields.js';
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
  const groups = new Map<string, Advice[]>();
  for (const one of item.advice) {
    const key = JSON.stringify([one.advisor, one.says, one.write]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => viewGroup(group, item));
}

function viewGroup(group: readonly Advice[], item: PreviewItem): AdviceView[] {
  const [first] = group;
  if (first === undefined) return [];
  const { advisor, says, write } = first;
  return [
    {
      advisor,
      target: titleOf(group.map(({ target }) => target)),
      says,
      write,
      places: group.map((one) => ({ side: 'manifests', line: lineOf(one, item) })),
    },
  ];
}

function lineOf({ field, target }: Advice, item: PreviewItem): number {
  const fromPod = fieldOfAdvice(field, target, { templatePointer: '', pod: item.pod });
  return item.positionOf(pathOfField(fromPod)).line;
}
