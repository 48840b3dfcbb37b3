import { element } from './dom.js';

/** Names and types of what can be taken away. */
export const downloadFiles = {
  yaml: { name: 'hardened.yaml', type: 'application/yaml' },
  patch: { name: 'patch.json', type: 'application/json-patch+json' },
  sarif: { name: 'podtemper.sarif', type: 'application/sarif+json' },
} as const;

/** Hands a text to the browser as a file. */
export function save({ name, type }: { readonly name: string; readonly type: string }, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** Calls back with the text of the files that are dropped on an element, several as documents of one text. */
export function takeDrops(host: HTMLElement, onText: (text: string) => void): void {
  const mark = (isOver: boolean) => host.classList.toggle('dropping', isOver);
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
  // Before the editor in it, which would put the text in beside the other.
  const options = { capture: true };
  host.addEventListener(
    'dragover',
    (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(true);
    },
    options,
  );
  host.addEventListener('dragleave', () => mark(false), options);
  host.addEventListener(
    'drop',
    (event) => {
      mark(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const texts = [...(event.dataTransfer?.files ?? [])].map((file) => file.text());
      void Promise.all(texts).then((read) => onText(read.join('\n---\n')));
    },
    options,
  );
}
