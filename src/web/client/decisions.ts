import type { AdviceView } from '../view/advice.js';
import type { DecisionView } from '../view/decisions.js';
import { element } from './dom.js';
import type { RowParts } from './rows.js';

/** A sign for each kind, and its word for who cannot see it. */
const signs: Readonly<Record<DecisionView['kind'], RowParts['sign']>> = {
  change: ['+', 'added'],
  possible: ['+', 'would be added'],
  mend: ['!', 'to mend'],
  skip: ['!', 'left alone'],
  note: ['·', 'for the log'],
};

/** The line of a decision. `prefix` tells its object from others. */
export function rowOfDecision(decision: DecisionView, prefix: string): RowParts {
  const { kind, control, target, what, why, places } = decision;
  return {
    kind,
    sign: signs[kind],
    name: control,
    about: target,
    said: what,
    beneath: [why],
    places,
    more: { key: `${prefix}${kind}/${control}/${target}`, content: explanationOf(decision) },
  };
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

/** The line of something that is likely to break. */
export function rowOfAdvice({ advisor, target, says, write, places }: AdviceView): RowParts {
  return {
    kind: 'risk',
    sign: ['?', 'likely to break'],
    name: advisor,
    about: target,
    said: says,
    beneath: [`Likely to break; write ${write}`],
    places,
  };
}
