import { beforeAll, expect, it } from '@jest/globals';
import { answer, type PageAnswer } from '../../src/web/view/answer.js';
import { examples } from '../../src/web/examples.js';
import { corpus } from '../preview/corpus.js';
import { questionAbout } from './questions.js';

/** What the page's engine answers: the bundle as browsers run it, with a worker's few names around it. */
let ask: (manifests: string) => PageAnswer;

beforeAll(async () => {
  let listener: ((event: { data: object }) => void) | undefined;
  let returned: { result?: PageAnswer; error?: string } = {};
  Object.assign(globalThis, {
    self: {
      addEventListener: (_type: string, listen: typeof listener) => (listener = listen),
      postMessage: (message: typeof returned) => (returned = message),
    },
  });
  const bundle = new URL('../../dist/page/engine.js', import.meta.url).href;
  await import(bundle);
  ask = (manifests) => {
    listener?.({ data: { id: 1, name: 'answer', argument: questionAbout(manifests) } });
    if (returned.result === undefined) throw new Error(returned.error);
    return returned.result;
  };
});

it.each([...corpus, ...examples.map(({ id, manifests }) => ({ file: id, text: manifests }))])(
  'the engine of the page says of $file what the program says',
  ({ text }) => {
    expect(ask(text)).toEqual(answer(questionAbout(text)));
  },
);
