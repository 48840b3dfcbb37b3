import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { FaultView } from '../view/answer.js';

const setFaults = StateEffect.define<readonly FaultView[]>();
const mark = Decoration.mark({ class: 'cm-fault' });

/** Underlines what is wrong, until the next word from the engine. */
export const faultMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    const effect = transaction.effects.find((each) => each.is(setFaults));
    if (effect === undefined) return marks.map(transaction.changes);
    const ranges = effect.value.flatMap(({ line, column }) => {
      if (line > transaction.newDoc.lines) return [];
      const { from, to, text } = transaction.newDoc.line(line);
      const start = Math.min(from + column - 1, Math.max(from, to - 1));
      return text === '' ? [] : [mark.range(start, to)];
    });
    return Decoration.set(ranges, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Shows those faults in an editor, and no others. */
export function showFaults(view: EditorView, faults: readonly FaultView[]): void {
  view.dispatch({ effects: setFaults.of(faults) });
}
