import type { DownloadFormat, PageAnswer } from '../view/answer.js';
import type { PageQuestion } from '../view/question.js';
import type { PolicyHint } from '../view/policyHint.js';

/** What the page can ask of its engine, and what it gets. */
export interface Calls {
  readonly answer: { readonly takes: PageQuestion; readonly gives: PageAnswer };
  readonly download: {
    readonly takes: { readonly question: PageQuestion; readonly format: DownloadFormat };
    readonly gives: string;
  };
  readonly hint: {
    readonly takes: { readonly text: string; readonly offset: number };
    readonly gives: PolicyHint;
  };
}

/** One call on its way to the engine. */
export type CallMessage = {
  readonly [Name in keyof Calls]: {
    readonly id: number;
    readonly name: Name;
    readonly argument: Calls[Name]['takes'];
  };
}[keyof Calls];

/** What came of it. */
export type ReturnMessage =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };
