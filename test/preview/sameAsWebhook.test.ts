import { describe, expect, it } from '@jest/globals';
import type { Operation } from 'fast-json-patch';
import { ReviewService } from '../../src/admission/service.js';
import { reviewOf, readAnswer } from '../admission/reviews.js';
import { corpus, defaultOptions, previewOf } from './corpus.js';

const ignored = () => undefined;
const { policies, defaultPolicy, today } = defaultOptions;
const webhook = new ReviewService({
  policies: () => policies,
  facts: undefined,
  unlabelledMode: 'enforce',
  defaultPolicy,
  now: () => Date.parse(today),
  observer: { answered: ignored, judged: ignored, malformed: ignored, failed: ignored },
});

/** Each pod of the corpus whose namespace nothing is known of, which is all that this webhook knows of any. A
 *  StatefulSet adds volumes to its pods, so that the template alone is not what the webhook sees. */
const pods = corpus.flatMap(({ file, text }) =>
  previewOf(text, {}, file).items.flatMap(({ pod, patch, templatePointer, assumedNamespace, kind, name }) =>
    pod === undefined || assumedNamespace === undefined || kind === 'StatefulSet'
      ? []
      : [{ title: `${kind} ${name} of ${file}`, pod, patch, templatePointer }],
  ),
);

describe('the preview shows the patch that the webhook answers with', () => {
  it.each(pods.map((pod) => [pod.title, pod] as const))(
    'to %s',
    async (_title, { pod, patch, templatePointer }) => {
      const answer = readAnswer(await webhook.answer(reviewOf({ apiVersion: 'v1', kind: 'Pod', ...pod })));
      const shown = patch.map(({ path }) => path.slice(templatePointer.length));
      expect(answer.patch?.map(({ path }) => path) ?? []).toEqual(shown);
      const values = (operations: readonly Operation[]) =>
        operations.map((operation) => 'value' in operation && operation.value);
      expect(values(answer.patch ?? [])).toEqual(values(patch));
    },
  );
});
