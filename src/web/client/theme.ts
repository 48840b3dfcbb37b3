import { EditorView } from '@codemirror/view';

/** The look of the editors, in the colours of page.css: custom properties reach into a shadow root. */
export const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'transparent', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { padding: '12px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '.cm-gutters': {
    color: 'var(--muted)',
    backgroundColor: 'transparent',
    border: 'none',
  },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 12px', minWidth: '30px' },
  '.tok-comment': { color: 'var(--muted)', fontStyle: 'italic' },
  '.tok-key': { color: 'var(--key)' },
  '.tok-quoted, .tok-plain': { color: 'var(--accent)' },
  '.cm-fault': {
    textDecoration: 'underline wavy var(--fault)',
    textDecorationSkipInk: 'none',
    backgroundColor: 'var(--fault-tint)',
  },
  '&.cm-merge-a .cm-changedLine': { background: 'none !important' },
  '&.cm-merge-a .cm-changedText': { background: 'var(--fault-tint) !important' },
  '&.cm-merge-b .cm-changedLine': { backgroundColor: 'var(--tint) !important' },
  '&.cm-merge-b .cm-changedText': { background: 'none !important' },
  '&.cm-merge-b .cm-partlyChanged .cm-changedText': { background: 'var(--tint-strong) !important' },
  '& .cm-insertedLine, & .cm-deletedLine': { textDecoration: 'none' },
  '& .cm-changedLineGutter': { background: 'var(--accent) !important' },
  '&.cm-merge-a .cm-changedLineGutter': { background: 'var(--line) !important' },
  '.cm-mergeSpacer': {
    backgroundImage:
      'repeating-linear-gradient(-45deg, transparent 0 6px, color-mix(in srgb, var(--line) 45%, transparent) 6px 7px)',
  },
  '.cm-selectionBackground': { background: 'var(--tint-strong) !important' },
});
