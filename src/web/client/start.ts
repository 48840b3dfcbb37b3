import type { PageAnswer } from '../view/answer.js';
import type { PageInput, PageQuestion, PageSettings } from '../view/question.js';
import { byId } from './dom.js';
import { EngineWorker } from './engineWorker.js';
import { inputOf } from './link.js';

/** The engine, on its way while the rest of the page is loaded. */
export const engine = new EngineWorker();

/** What the page asks first, and what is answered. */
export interface Beginning {
  /** What a link brought along; undefined where there was none. */
  readonly input: PageInput | undefined;
  readonly question: PageQuestion;
  readonly answer: Promise<PageAnswer>;
}

/** What the engine is asked of an input. */
export function questionOf(input: PageInput): PageQuestion {
  const settings = JSON.parse(byId('form', HTMLFormElement).dataset.settings ?? '') as PageSettings;
  return { ...input, settings, today: new Date().toISOString().slice(0, 10) };
}

/** The first question, asked before there is an editor to show the answer in. */
export const beginning: Promise<Beginning> = begin();

async function begin(): Promise<Beginning> {
  const input = await inputOf(location.hash);
  const { value } = byId('manifests', HTMLTextAreaElement);
  const nothing = { policyName: '', ownPolicy: undefined, mode: '', guide: '' } as const;
  const question = questionOf(input ?? { manifests: value, ...nothing });
  const answer = engine.call('answer', question);
  // A link may name a policy that there is no more: the page then asks anew, and nobody takes up this answer.
  answer.catch(() => undefined);
  return { input, question, answer };
}
