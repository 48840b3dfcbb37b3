import { examples } from '../examples.js';
import type { FaultView, PageAnswer } from '../view/answer.js';
import type { PageInput } from '../view/question.js';
import { Comparison } from './comparison.js';
import { byId, element } from './dom.js';
import { downloadFiles, save, takeDrops } from './files.js';
import { fragmentOf, inputOf } from './link.js';
import { renderObjects } from './objects.js';
import { PolicyEditor } from './policyEditor.js';
import { type Beginning, beginning, engine, questionOf } from './start.js';

/** How long nobody types before the engine is asked, in milliseconds. */
const pause = 120;

/** What the picker of policies says of one's own. */
const own = ' own';

/** The page with JavaScript: takes the place of the plain form. */
class Page {
  readonly #form = byId('form', HTMLFormElement);
  readonly #policy = byId('policy', HTMLSelectElement);
  readonly #mode = byId('mode', HTMLSelectElement);
  readonly #guide = byId('guide', HTMLSelectElement);
  readonly #example = byId('example', HTMLSelectElement);
  readonly #status = byId('status', HTMLElement);
  readonly #comparison: Comparison;
  readonly #ownPolicy: PolicyEditor;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor({ input, question, answer }: Beginning) {
    const text = byId('manifests', HTMLTextAreaElement);
    const start = input?.manifests ?? text.value;
    this.#policy.append(element('option', { value: own }, 'your own…'));
    this.#showScripted();
    this.#comparison = new Comparison(byId('comparison', HTMLElement), start, () => this.#edited());
    this.#ownPolicy = new PolicyEditor(
      () => this.#askSoon(),
      (policy, offset) => engine.call('hint', { text: policy, offset }),
    );
    if (input !== undefined) this.#fill(input);
    this.#example.value = examples.find(({ manifests }) => manifests === start)?.id ?? '';
    this.#listen();
    // A browser may have kept what was chosen before the page was loaded again.
    const isAsked = JSON.stringify(questionOf(this.#input())) === JSON.stringify(question);
    void this.#ask(isAsked ? answer : undefined);
  }

  #showScripted(): void {
    for (const part of document.querySelectorAll<HTMLElement>('.plain')) part.hidden = true;
    for (const part of document.querySelectorAll<HTMLElement>('.scripted')) part.hidden = false;
  }

  #listen(): void {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#policy.addEventListener('change', () => {
      this.#showOwnPolicy();
      if (this.#policy.value === own) this.#ownPolicy.focus();
      void this.#ask();
    });
    for (const picker of [this.#mode, this.#guide]) picker.addEventListener('change', () => void this.#ask());
    this.#example.addEventListener('change', () => {
      const example = examples.find(({ id }) => id === this.#example.value);
      if (example !== undefined) this.#comparison.manifests = example.manifests;
    });
    takeDrops(byId('comparison', HTMLElement), (text) => (this.#comparison.manifests = text));
    byId('copy-link', HTMLButtonElement).addEventListener('click', () => void this.#copyLink());
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-download]')) {
      button.addEventListener('click', () => void this.#download(button.dataset.download ?? ''));
    }
    window.addEventListener('hashchange', () => {
      void inputOf(location.hash).then((input) => input !== undefined && this.#take(input));
    });
  }

  #edited(): void {
    const { manifests } = this.#comparison;
    if (examples.every((example) => example.manifests !== manifests)) this.#example.value = '';
    this.#askSoon();
  }

  #askSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  /** Asks the engine, unless its answer is on the way, and shows what it says. */
  async #ask(coming?: Promise<PageAnswer>): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#asked;
    try {
      const answer = await (coming ?? engine.call('answer', questionOf(this.#input())));
      // What was asked since then is what counts.
      if (turn !== this.#asked) return;
      this.#show(answer);
      if (turn === 1) markShown();
    } catch (error) {
      if (turn === this.#asked) this.#complain(error);
    }
  }

  #show({ hardened, objects, faults, policyFault }: PageAnswer): void {
    this.#ownPolicy.fault = policyFault;
    if (policyFault !== undefined) {
      this.#status.textContent = 'Your policy cannot be used yet.';
      return;
    }
    this.#comparison.hardened = hardened ?? this.#comparison.manifests;
    this.#showFaults(faults);
    renderObjects(byId('objects', HTMLElement), objects, (place) => this.#comparison.jump(place));
    this.#status.textContent = [
      ...objects.map(({ title, outcome, standing, checklist }) => {
        const level = standing === undefined ? '' : `, Pod Security ${standing.before} to ${standing.after}`;
        const answered = checklist === undefined ? '' : `, ${checklist.tally}`;
        return `${title}: ${outcome}${level}${answered}.`;
      }),
      ...faults.map(({ line, text }) => `Line ${line}: ${text}.`),
    ].join(' ');
  }

  #showFaults(faults: readonly FaultView[]): void {
    this.#comparison.faults = faults;
    const items = faults.map(({ line, text }) => element('li', {}, `Line ${line}: ${text}`));
    byId('faults', HTMLElement).replaceChildren(...items);
  }

  #complain(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    byId('faults', HTMLElement).replaceChildren(element('li', {}, text));
  }

  #input(): PageInput {
    const isOwn = this.#policy.value === own;
    return {
      manifests: this.#comparison.manifests,
      policyName: isOwn ? '' : this.#policy.value,
      ownPolicy: isOwn ? this.#ownPolicy.text : undefined,
      mode: this.#mode.value as PageInput['mode'],
      guide: this.#guide.value,
    };
  }

  #take(input: PageInput): void {
    this.#fill(input);
    void this.#ask();
  }

  #fill({ manifests, policyName, ownPolicy, mode, guide }: PageInput): void {
    this.#comparison.manifests = manifests;
    this.#mode.value = mode;
    choose(this.#guide, guide);
    if (ownPolicy !== undefined) this.#ownPolicy.text = ownPolicy;
    choose(this.#policy, ownPolicy === undefined ? policyName : own);
    this.#showOwnPolicy();
  }

  #showOwnPolicy(): void {
    byId('own-policy', HTMLElement).hidden = this.#policy.value !== own;
  }

  async #copyLink(): Promise<void> {
    history.replaceState(undefined, '', await fragmentOf(this.#input()));
    try {
      await navigator.clipboard.writeText(location.href);
      this.#say('Link copied.');
    } catch {
      this.#say('The link is in the address bar.');
    }
  }

  async #download(format: string): Promise<void> {
    if (format !== 'yaml' && format !== 'patch' && format !== 'sarif') return;
    try {
      save(
        downloadFiles[format],
        await engine.call('download', { question: questionOf(this.#input()), format }),
      );
    } catch (error) {
      this.#complain(error);
    }
  }

  #say(text: string): void {
    this.#status.textContent = text;
    const button = byId('copy-link', HTMLButtonElement);
    button.textContent = text;
    setTimeout(() => (button.textContent = 'Copy link'), 2000);
  }
}

/** Chooses what there may be no more: then what counts where nothing is chosen. */
function choose(picker: HTMLSelectElement, value: string): void {
  picker.value = value;
  if (picker.selectedIndex === -1) picker.value = '';
}

/** For whoever measures: when the first result could be seen. */
function markShown(): void {
  requestAnimationFrame(() => setTimeout(() => performance.mark('first result')));
}

void beginning.then((first) => new Page(first));
