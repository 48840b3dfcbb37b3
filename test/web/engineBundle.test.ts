import { beforeAll, expect, it } from '@jest/globals';
import { keysAt } from '../../src/policy/keys.js';
import { examples } from '../../src/web/examples.js';
import { answer, type PageAnswer } from '../../src/web/view/answer.js';
import { policyHint } from '../../src/web/view/policyHint.js';
import type { PageQuestion } from '../../src/web/view/question.js';
import { corpus } from '../preview/corpus.js';
import { questionAbout } from './questions.js';

/** What the page's engine answers: the bundle as browsers run it, with a worker's few names around it. */
let call: (name: string, argument: unknown) => unknown;

beforeAll(async () => {
  let listener: ((event: { data: object }) => void) | undefined;
  let returned: { result?: unknown; error?: string } = {};
  Object.assign(globalThis, {
    self: {
      addEventListener: (_type: string, listen: typeof listener) => (listener = listen),
      postMessage: (message: typeof returned) => (returned = message),
    },
  });
  const bundle = new URL('../../dist/page/engine.js', import.meta.url).href;
  await import(bundle);
  call = (name, argument) => {
    listener?.({ data: { id: 1, name, argument } });
    if (returned.error !== undefined) throw new Error(returned.error);
    return returned.result;
  };
});

const ask = (question: PageQuestion) => call('answer', question) as PageAnswer;

/** Each with one of the guides, or without. */
const questions = [...examples.map(({ id, manifests }) => ({ file: id, text: manifests })), ...corpus].map(
  ({ file, text }, index) => ({ file, text, guide: ['cis', 'cloud', 'nsa-cisa', ''][index % 4] ?? '' }),
);

it.each(questions)('the engine of the page says of $file what the program says', ({ text, guide }) => {
  const question = questionAbout(text, { guide });
  expect(ask(question)).toEqual(answer(question));
});

/** Values of every kind, few of which fit anywhere. */
const values = [true, -1, 7.5, '', 'no such', '500m', ['/a/'], [{ key: 'a', operator: 'In' }], {}, null];

/** Every place of a policy, below the first item of a list. */
function pathsBelow(path: readonly (string | number)[]): (string | number)[][] {
  return keysAt(path).flatMap(({ key }) => {
    const here = [...path, key];
    return [here].concat(pathsBelow(here), pathsBelow([...here, 0]));
  });
}

function policyWith(path: readonly (string | number)[], value: unknown): string {
  const wrong = path.reduceRight<unknown>(
    (inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }),
    value,
  );
  const sound = { apiVersion: 'podtemper.io/v1alpha1', kind: 'HardeningPolicy', metadata: { name: 'mine' } };
  return JSON.stringify({ ...sound, ...(wrong as object) }, undefined, 1);
}

it('the engine of the page says of a policy what the program says, whatever stands where', () => {
  const paths = pathsBelow([]);
  expect(paths.length).toBeGreaterThan(100);
  const manifests = 'apiVersion: v1\nkind: Pod\nspec: { containers: [{ name: app, image: busybox }] }\n';
  const faults = new Set<string>();
  for (const path of paths) {
    for (const value of values) {
      const question = questionAbout(manifests, { ownPolicy: policyWith(path, value) });
      const said = answer(question);
      expect({ path, value, ...ask(question) }).toEqual({ path, value, ...said });
      if (said.policyFault !== undefined) faults.add(said.policyFault.text.replace(/^[^:]*|, found.*$/g, ''));
    }
  }
  expect(faults.size).toBeGreaterThan(20);
});

it('the engine of the page offers the keys and values that the program knows', () => {
  for (const path of pathsBelow([])) {
    const lines = path.map((key, depth) => (typeof key === 'number' ? '' : `${'  '.repeat(depth)}${key}:`));
    const argument = { text: lines.join('\n'), offset: lines.join('\n').length };
    expect(call('hint', argument)).toEqual(policyHint(argument.text, argument.offset));
  }
});
