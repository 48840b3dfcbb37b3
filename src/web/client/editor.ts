import { history, historyKeymap, selectAll } from '@codemirror/commands';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { faultMarks } from './faultMarks.js';
import { highlight } from './highlight.js';
import { theme } from './theme.js';

const shared: Extension = [lineNumbers(), EditorView.lineWrapping, theme, highlight];

/** A text that can be edited. Tab goes on to the next part of the page, as everywhere else. */
export function editable(label: string, onEdit: () => void): Extension {
  return [
    shared,
    faultMarks,
    history(),
    keymap.of([{ key: 'Enter', run: breakLine }, { key: 'Mod-a', run: selectAll }, ...historyKeymap]),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    EditorView.domEventHandlers({ beforeinput: replaceSelected }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onEdit();
    }),
  ];
}

/** A text that can be read, by keyboard too. */
export function readable(label: string): Extension {
  return [
    shared,
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  ];
}

/** Where editors live: a shadow root, whose styles the page's security policy lets scripts make. */
export function rootIn(host: HTMLElement): ShadowRoot {
  return host.shadowRoot ?? host.attachShadow({ mode: 'open' });
}

/** Replaces the text where it differs, so that the cursor, the history and what is in view stay. */
export function replaceText(view: EditorView, text: string): void {
  const before = view.state.doc.toString();
  if (before === text) return;
  const shortest = Math.min(before.length, text.length);
  let from = 0;
  while (from < shortest && before[from] === text[from]) from++;
  let end = 0;
  while (end < shortest - from && before.at(-1 - end) === text.at(-1 - end)) end++;
  view.dispatch({
    changes: { from, to: before.length - end, insert: text.slice(from, text.length - end) },
  });
}

/** Shows a line, from 1, and takes the focus there. */
export function jumpTo(view: EditorView, line: number): void {
  const { from, to, text } = view.state.doc.line(Math.min(line, view.state.doc.lines));
  const start = from + text.length - text.trimStart().length;
  view.dispatch({
    selection: { anchor: start, head: to },
    effects: EditorView.scrollIntoView(start, { y: 'center' }),
  });
  view.focus();
}

/** A new line is indented as the one before, and deeper after a key without a value. */
function breakLine(view: EditorView): boolean {
  const { state } = view;
  const { head } = state.selection.main;
  const { from, text } = state.doc.lineAt(head);
  const before = text.slice(0, head - from);
  const indent = /^\s*/.exec(before)?.[0] ?? '';
  const isOpen = /:\s*$/.test(before);
  view.dispatch(state.replaceSelection(`\n${indent}${isOpen ? '  ' : ''}`), { scrollIntoView: true });
  return true;
}

/** What is typed over a selection goes in as it is: browsers would write the look of what was there into an attribute
 *  for it, which the page's security policy forbids. */
function replaceSelected({ inputType, data, isComposing }: InputEvent, view: EditorView): boolean {
  if (inputType !== 'insertText' || isComposing || data === null) return false;
  if (view.state.readOnly || view.state.selection.main.empty) return false;
  view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}
