import { EditorView } from '@codemirror/view';
import type { FaultView } from '../view/answer.js';
import type { PolicyHint } from '../view/policyHint.js';
import { byId, element } from './dom.js';
import { editable, replaceText, rootIn } from './editor.js';
import { showFaults } from './faultMarks.js';

/** What a policy of one's own begins with. */
const start = `apiVersion: podtemper.io/v1alpha1
kind: HardeningPolicy
metadata:
  name: default
spec:
  controls:
    resources:
      limits: { cpu: "2", memory: 2Gi }
`;

/** The editor of a policy: what is wrong with it is marked, and what can be written is told. */
export class PolicyEditor {
  readonly #view: EditorView;
  readonly #fault = byId('policy-fault', HTMLElement);
  readonly #keys = byId('policy-keys', HTMLElement);

  constructor(onEdit: () => void, hintAt: (text: string, offset: number) => Promise<PolicyHint>) {
    const root = rootIn(byId('policy-editor', HTMLElement));
    const onMove = EditorView.updateListener.of(({ selectionSet, docChanged, state }) => {
      if (!selectionSet && !docChanged) return;
      void hintAt(state.doc.toString(), state.selection.main.head).then((hint) => this.#showHint(hint));
    });
    const extensions = [editable('Your policy', onEdit), onMove];
    this.#view = new EditorView({ doc: start, extensions, parent: root, root });
    this.#view.scrollDOM.style.maxHeight = '40vh';
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  set text(text: string) {
    replaceText(this.#view, text);
  }

  set fault(fault: FaultView | undefined) {
    this.#fault.textContent = fault === undefined ? '' : `Line ${fault.line}: ${fault.text}`;
    showFaults(this.#view, fault === undefined ? [] : [fault]);
  }

  focus(): void {
    this.#view.dispatch({ selection: { anchor: this.text.trimEnd().length } });
    this.#view.focus();
  }

  #showHint({ path, keys, values }: PolicyHint): void {
    const words = values.length > 0 ? values : keys.map(({ key }) => key);
    const buttons = words.map((word) => {
      const description = keys.find(({ key }) => key === word)?.description ?? '';
      const button = element('button', { type: 'button', title: description }, word);
      button.addEventListener('click', () => this.#write(word, values.length > 0));
      return button;
    });
    const where = path === '' ? 'Here' : `In ${path}`;
    this.#keys.replaceChildren(...(words.length === 0 ? [] : [`${where}: `, ...buttons]));
  }

  /** A value in place of what the line has, a key on a line of its own. */
  #write(word: string, isValue: boolean): void {
    const { state } = this.#view;
    const line = state.doc.lineAt(state.selection.main.head);
    const indent = /^[\s-]*/.exec(line.text)?.[0].replace('-', ' ') ?? '';
    const isEmpty = line.text.trim() === '';
    const insert = isValue
      ? line.text.replace(/:.*$/, `: ${word}`)
      : `${isEmpty ? line.text : `${line.text}\n${indent}`}${word}: `;
    this.#view.dispatch({
      changes: { from: line.from, to: line.to, insert },
      selection: { anchor: line.from + insert.length },
    });
    this.#view.focus();
  }
}
