import { Chunk, getChunks, MergeView } from '@codemirror/merge';
import type { EditorState, Extension, Range, Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { FaultView } from '../view/answer.js';
import type { PlaceView } from '../view/decisions.js';
import { element } from './dom.js';
import { editable, jumpTo, readable, replaceText, rootIn } from './editor.js';
import { showFaults } from './faultMarks.js';

/** The manifests and what hardening makes of them: side by side where there is room, else one above the other. */
export class Comparison {
  readonly #host: HTMLElement;
  readonly #onEdit: () => void;
  readonly #wide = matchMedia('(min-width: 46rem)');
  #panes: Panes;

  /** Replaces what was in `host`. `onEdit` is told of every change of the manifests. */
  constructor(host: HTMLElement, manifests: string, onEdit: () => void) {
    [this.#host, this.#onEdit] = [host, onEdit];
    this.#panes = this.#open(manifests, manifests);
    this.#wide.addEventListener('change', () => {
      const hardened = this.#panes.hardened.state.doc.toString();
      const { manifests: written } = this;
      this.#panes.close();
      this.#panes = this.#open(written, hardened);
    });
  }

  get manifests(): string {
    return this.#panes.manifests.state.doc.toString();
  }

  set manifests(text: string) {
    replaceText(this.#panes.manifests, text);
  }

  set hardened(text: string) {
    replaceText(this.#panes.hardened, text);
  }

  set faults(faults: readonly FaultView[]) {
    showFaults(this.#panes.manifests, faults);
  }

  jump({ side, line }: PlaceView): void {
    jumpTo(this.#panes[side], line);
  }

  #open(manifests: string, hardened: string): Panes {
    const root = rootIn(this.#host);
    const left = { doc: manifests, extensions: editable('Your manifests', this.#onEdit) };
    const right = { doc: hardened, extensions: readable('Hardened manifests') };
    return this.#wide.matches ? openSideBySide(root, left, right) : openStacked(root, left, right);
  }
}

interface Panes {
  readonly manifests: EditorView;
  readonly hardened: EditorView;
  readonly close: () => void;
}

interface Pane {
  readonly doc: string;
  readonly extensions: Extension;
}

function openSideBySide(root: ShadowRoot, left: Pane, right: Pane): Panes {
  const extensions = [right.extensions, EditorView.decorations.of(({ state }) => partsOf(state))];
  const view = new MergeView({ a: left, b: { ...right, extensions }, parent: root, root });
  view.dom.style.maxHeight = '60vh';
  return { manifests: view.a, hardened: view.b, close: () => view.destroy() };
}

const partly = Decoration.line({ class: 'cm-partlyChanged' });

/** Tells lines of which a part is new from those that are new altogether. */
function partsOf(state: EditorState): DecorationSet {
  const chunks = getChunks(state)?.chunks ?? [];
  return linesOf(
    chunks.filter(({ fromA, toA }) => fromA < toA),
    state.doc,
    partly,
  );
}

function openStacked(root: ShadowRoot, left: Pane, right: Pane): Panes {
  const titles = ['Your manifests', 'Hardened'].map(titleOf) as [HTMLElement, HTMLElement];
  root.append(titles[0]);
  const manifests = new EditorView({ ...left, parent: root, root });
  root.append(titles[1]);
  const extensions = [right.extensions, marksAgainst(manifests)];
  const hardened = new EditorView({ ...right, extensions, parent: root, root });
  for (const { scrollDOM } of [manifests, hardened]) scrollDOM.style.maxHeight = '45vh';
  hardened.dom.classList.add('cm-merge-b');
  return {
    manifests,
    hardened,
    close: () => {
      for (const title of titles) title.remove();
      manifests.destroy();
      hardened.destroy();
    },
  };
}

/** Above each of the two: what stands beside each other needs no more than the page's own titles. */
function titleOf(text: string): HTMLElement {
  const title = element('div', { 'aria-hidden': 'true' }, text);
  Object.assign(title.style, {
    padding: '0.4rem 0.75rem',
    borderBlock: '1px solid var(--line)',
    color: 'var(--muted)',
    fontSize: '0.8125rem',
  });
  return title;
}

const added = Decoration.line({ class: 'cm-changedLine' });

/** Marks the lines that are not in the manifests, as the view side by side does. */
function marksAgainst(manifests: EditorView): Extension {
  return EditorView.decorations.compute(['doc'], ({ doc }) =>
    linesOf(Chunk.build(manifests.state.doc, doc), doc, added),
  );
}

function linesOf(chunks: readonly Chunk[], doc: Text, decoration: Decoration): DecorationSet {
  const marks: Range<Decoration>[] = [];
  for (const { fromB, endB } of chunks) {
    for (let at = fromB; at < endB; at = doc.lineAt(at).to + 1) {
      marks.push(decoration.range(doc.lineAt(at).from));
    }
  }
  return Decoration.set(marks);
}
